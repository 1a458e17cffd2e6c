namespace Farsight.Engine.Checkpoints;

/// <summary>Copies the files of a model directory besides config and weights: tokenizer, chat template and generation settings.</summary>
public static class CompanionFiles
{
    static readonly string[] s_patterns =
        ["*token*.json", "tokenizer.model", "vocab.json", "merges.txt", "chat_template.*", "generation_config.json"];

    /// <summary>Copies the files that exist.</summary>
    /// <param name="from">A model directory.</param>
    /// <param name="to">An existing folder.</param>
    /// <returns>Names of the copied files.</returns>
    public static IReadOnlyList<string> Copy(string from, string to)
    {
        string[] names =
        [
            .. s_patterns.SelectMany(p => Directory.GetFiles(from, p)).Select(Path.GetFileName).OfType<string>()
                .Append("special_tokens_map.json").Where(n => File.Exists(Path.Combine(from, n))).Distinct().Order(StringComparer.Ordinal),
        ];
        foreach (string name in names)
        {
            File.Copy(Path.Combine(from, name), Path.Combine(to, name));
        }
        return names;
    }
}
