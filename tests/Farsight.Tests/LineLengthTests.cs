namespace Farsight.Tests;

/// <summary>Limits the length of lines, so that code and prose fit beside each other on a screen.</summary>
public sealed class LineLengthTests
{
    const int Code = 140;
    const int Prose = 120;

    [Fact]
    public void No_line_of_code_exceeds_140_columns()
    {
        string[] files = [.. new[] { "src", "tests", "bench", "samples" }.SelectMany(f => Files(f, "*.cs"))];
        string[] tooLong = [.. files.SelectMany(f => LongLines(f, File.ReadAllLines(f), Code))];

        Assert.True(files.Length > 500, $"only {files.Length} files were read");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void No_line_of_prose_exceeds_120_columns()
    {
        string[] files = [.. Directory.GetFiles(Repository.Root, "*.md"), .. new[] { "docs", "src", "samples" }.SelectMany(f => Files(f, "*.md"))];
        string[] tooLong = [.. files.SelectMany(f => LongLines(f, ProseOf(File.ReadAllLines(f)), Prose))];

        Assert.True(files.Length > 15, $"only {files.Length} files were read");
        Assert.Empty(tooLong);
    }

    static IEnumerable<string> Files(string folder, string pattern)
    {
        string path = Path.Combine(Repository.Root, folder);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories) : [];
    }

    static IEnumerable<string> LongLines(string file, IReadOnlyList<string> lines, int most) =>
        from i in Enumerable.Range(0, lines.Count)
        where lines[i].EnumerateRunes().Count() > most
        select $"{Path.GetRelativePath(Repository.Root, file)}:{i + 1}";

    /// <summary>The lines with code blocks, tables and lines of a single word (a link) emptied: these cannot be wrapped.</summary>
    static IReadOnlyList<string> ProseOf(string[] lines)
    {
        bool isCode = false;
        string[] prose = new string[lines.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            bool isFence = line.StartsWith("```", StringComparison.Ordinal);
            isCode ^= isFence;
            bool isFixed = isCode || isFence || line.StartsWith('|') || !line.TrimStart('-', '*', ' ').Contains(' ');
            prose[i] = isFixed ? "" : lines[i];
        }
        return prose;
    }
}
