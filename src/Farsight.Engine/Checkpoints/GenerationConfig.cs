using System.Text.Json;

namespace Farsight.Engine.Checkpoints;

/// <summary>Reads the tokens that end a response from generation_config.json, or else from config.json.</summary>
/// <remarks>
/// As in transformers' generate, eos_token_id of generation_config.json, a number or a list, replaces the one of config.json. Without
/// the key, the value of config.json applies.
/// </remarks>
static class GenerationConfig
{
    internal const string FileName = "generation_config.json";

    const string Key = "eos_token_id", Begin = "bos_token_id";

    /// <summary>Reads the ids of the EOS tokens.</summary>
    /// <param name="config">config.json.</param>
    /// <param name="configPath">Path of config.json; generation_config.json is read from the same directory.</param>
    /// <param name="vocab">V: exclusive maximum of an id.</param>
    /// <exception cref="InputException">A file is damaged, or a value is not an id of the vocabulary.</exception>
    internal static IReadOnlyList<int> EosTokens(ConfigReader config, string configPath, int vocab) =>
        Beside(configPath) is { } generation && generation.Has(Key) ? Ids(generation, vocab) : Ids(config, vocab);

    /// <summary>Describes a contradiction between the two files; null if they agree.</summary>
    internal static string? Contradiction(string configPath, int vocab)
    {
        if (Beside(configPath) is not { } generation || !generation.Has(Key))
        {
            return null;
        }
        int[] used = Ids(generation, vocab);
        string other = used.Length == 0 ? "none" : string.Join(", ", used);
        int[] unused = [.. Ids(TextPart.Of(ConfigReader.Open(configPath)), vocab).Except(used)];
        return unused.Length == 0
            ? null
            : $"{configPath}: {Key} names {string.Join(", ", unused)}, but {FileName} names {other}; "
                + $"{FileName} is used, as transformers does.";
    }

    /// <summary>Describes different bos_token_id of the two files; null if they agree or one has none.</summary>
    internal static string? BeginContradiction(string configPath, int vocab)
    {
        ConfigReader config = TextPart.Of(ConfigReader.Open(configPath));
        if (Beside(configPath) is not { } generation || !generation.Has(Begin) || !config.Has(Begin))
        {
            return null;
        }
        int stated = config.Int(Begin, 0, vocab - 1), other = generation.Int(Begin, 0, vocab - 1);
        return stated == other
            ? null
            : $"{configPath}: {Begin} is {stated}, but {FileName} has {other}; prompts begin as the chat template or the tokenizer says.";
    }

    static ConfigReader? Beside(string configPath)
    {
        string path = Path.Combine(Path.GetDirectoryName(configPath) ?? "", FileName);
        return File.Exists(path) ? ConfigReader.Open(path) : null;
    }

    static int[] Ids(ConfigReader file, int vocab)
    {
        if (file.Element(Key) is not { ValueKind: JsonValueKind.Array } list)
        {
            return file.Has(Key) ? [file.Int(Key, 0, vocab - 1)] : [];
        }
        return list.EnumerateArray().All(e =>
            e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out int id) && id >= 0 && id < vocab)
            ? [.. list.EnumerateArray().Select(e => e.GetInt32())]
            : throw file.Invalid(Key, $"each must be a whole number from 0 to {vocab - 1}");
    }
}
