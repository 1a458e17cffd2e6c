using System.Text.Json;
using Farsight.Engine.Files;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Text.Templates;
using Farsight.Text.Tokenizers;

namespace Farsight.Text.Conversations;

/// <summary>Represents the chat template of a model directory and the tokens it writes by name.</summary>
/// <param name="Template">Null where the model has none.</param>
/// <param name="Markup">Texts of bos_token, sep_token and every other named special token.</param>
/// <param name="Additional">Texts of additional_special_tokens.</param>
sealed record ChatTemplateFiles(ChatTemplate? Template, IReadOnlyDictionary<string, string> Markup, IReadOnlyList<string> Additional)
{
    static readonly string[] s_ofGguf = ["bos_token", "eos_token", "unk_token"];

    /// <summary>Reads chat_template.jinja or else chat_template of tokenizer_config.json: a text, or a list of named ones.</summary>
    /// <remarks>A GGUF file gives the template that it contains.</remarks>
    /// <exception cref="InputException">A file is damaged, or the template cannot be read.</exception>
    internal static ChatTemplateFiles Read(string directory)
    {
        if (File.Exists(directory))
        {
            return OfGguf(directory);
        }
        string file = Path.Combine(directory, "tokenizer_config.json"), beside = Path.Combine(directory, "chat_template.jinja");
        try
        {
            using JsonDocument config = JsonDocument.Parse(File.Exists(file) ? RegularFile.ReadAllBytes(file) : "{}"u8.ToArray());
            if (config.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InputException($"{file} is not a JSON object; download it again.");
            }
            ChatTemplate? template = File.Exists(beside)
                ? ChatTemplate.Parse(RegularFile.ReadAllText(beside), beside)
                : Source(config.RootElement, file) is { } source ? ChatTemplate.Parse(source, $"chat_template of {file}") : null;
            TokenizerConfig tokens = SpecialTokenFiles.Read(directory);
            return new(template, tokens.Named, tokens.Additional);
        }
        catch (JsonException e)
        {
            throw new InputException($"{file} is not valid JSON ({e.Message}); download it again.", e);
        }
        catch (InvalidOperationException e) // text that is no sound Unicode
        {
            throw new InputException($"{file} contains invalid Unicode; download it again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The chat template in '{directory}' cannot be read: {e.Message}", e);
        }
    }

    static ChatTemplateFiles OfGguf(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        GgufTokenizer tokenizer = GgufTokenizer.Read(file);
        Dictionary<string, string> markup = new(StringComparer.Ordinal);
        foreach ((string name, int? id) in s_ofGguf.Zip([tokenizer.Bos, tokenizer.Eos, tokenizer.Unknown]))
        {
            if (id is { } token)
            {
                markup[name] = tokenizer.Tokens[token];
            }
        }
        return new(tokenizer.ChatTemplate is { } source ? ChatTemplate.Parse(source, $"chat_template of {path}") : null, markup, []);
    }

    static string? Source(JsonElement config, string file)
    {
        if (!config.TryGetProperty("chat_template", out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString();
        }
        Dictionary<string, string> named =
            value.ValueKind == JsonValueKind.Array
                ? new(
                    value
                        .EnumerateArray()
                        .Select(e => KeyValuePair.Create(TextOf(e, "name") ?? "", TextOf(e, "template") ?? ""))
                        .DistinctBy(p => p.Key))
                : [];
        return named.TryGetValue("default", out string? standard) ? standard
            : named.Count == 1 ? named.Values.Single()
            : throw new InputException(
                $"{file}: chat_template has no template named 'default' (found: "
                    + $"{string.Join(", ", named.Keys.DefaultIfEmpty("none"))}). Save the template to use as chat_template.jinja in "
                    + "the same directory."
            );
    }

    static string? TextOf(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty(name, out JsonElement text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;
}
