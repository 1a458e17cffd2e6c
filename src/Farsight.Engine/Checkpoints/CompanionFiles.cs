namespace Farsight.Engine.Checkpoints;

/// <summary>Copies the files of a model directory besides config and weights: tokenizer, chat template and generation settings.</summary>
public static class CompanionFiles
{
    const string TemplateFolder = "additional_chat_templates";

    static readonly string[] s_patterns =
        ["*token*.json", "tokenizer.model", "vocab.json", "merges.txt", "chat_template.*", "generation_config.json"];

    /// <summary>Copies the files that exist.</summary>
    /// <param name="from">A model directory.</param>
    /// <param name="to">An existing folder.</param>
    /// <returns>Names of the copied files, relative to the directory.</returns>
    public static IReadOnlyList<string> Copy(string from, string to)
    {
        string[] names =
        [
            .. s_patterns.SelectMany(p => Directory.GetFiles(from, p)).Concat(Templates(Path.Combine(from, TemplateFolder)))
                .Select(f => Path.GetRelativePath(from, f)).Distinct().Order(StringComparer.Ordinal),
        ];
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, name))!);
            File.Copy(Path.Combine(from, name), Path.Combine(to, name));
        }
        return names;
    }

    static string[] Templates(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder, "*.jinja") : [];
}
