using System.Text.Json;
using Farsight.Engine;

namespace Farsight.Text.Tokenizers;

/// <summary>Represents the BOS and EOS settings of tokenizer_config.json.</summary>
/// <param name="Bos">The spelling of BOS, or null.</param>
/// <param name="Eos">The spelling of EOS, or null.</param>
/// <param name="AddsBos">Whether BOS is added before every text; null if not specified.</param>
/// <param name="AddsEos">Whether EOS is added after every text; null if not specified.</param>
sealed record TokenizerConfig(string? Bos, string? Eos, bool? AddsBos, bool? AddsEos)
{
    /// <summary>Reads the file, if there is one.</summary>
    /// <exception cref="InputException">It cannot be read or is damaged.</exception>
    internal static TokenizerConfig Read(string file)
    {
        if (!File.Exists(file))
        {
            return new(null, null, null, null);
        }
        TokenizerJson json = new(file);
        using JsonDocument document = json.Parse(TokenizerJson.ReadFile(file));
        JsonElement root = document.RootElement;
        return new(
            Token(json, root, "bos_token"),
            Token(json, root, "eos_token"),
            Flag(json, root, "add_bos_token"),
            Flag(json, root, "add_eos_token"));
    }

    /// <summary>A token is a text, or in older files an object that holds one.</summary>
    static string? Token(TokenizerJson json, JsonElement root, string field) =>
        json.Optional(root, field) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? json.Text(value, "content")
        : json.Text(root, field);

    static bool? Flag(TokenizerJson json, JsonElement root, string field) =>
        json.Optional(root, field) is null ? null : json.Flag(root, field, false);
}
