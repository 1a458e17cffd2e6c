using System.Text.RegularExpressions;

namespace Farsight.Tests.Support;

/// <summary>The parts of the repository's Markdown that tests hold against the code.</summary>
static partial class Markdown
{
    /// <summary>Lines of the fenced blocks with a language, block by block.</summary>
    internal static IReadOnlyList<string[]> Blocks(string text, string language) =>
        [
            .. Fence()
                .Matches(text)
                .Where(m => m.Groups[1].Value == language)
                .Select(m => m.Groups[2].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
        ];

    /// <summary>Commands of the sh blocks in order, without comments, lines that end in a backslash joined.</summary>
    internal static IReadOnlyList<string> Commands(string text) =>
    [
        .. Blocks(text, "sh").SelectMany(lines => string.Join('\n', lines).Replace("\\\n", " ").Split('\n'))
            .Select(line => line.Split(" #")[0].Trim()).Where(line => line.Length > 0 && !line.StartsWith('#')),
    ];

    /// <summary>Targets of the links that point into the repository, without anchors.</summary>
    internal static IEnumerable<string> LocalLinks(string text) =>
        Link()
            .Matches(text)
            .Select(m => m.Groups[1].Value.Split('#')[0])
            .Where(t => t.Length > 0 && !t.Contains("://", StringComparison.Ordinal));

    /// <summary>Cells of the table rows that have as many columns as asked for, without the heading's rule.</summary>
    internal static IEnumerable<string[]> Rows(string text, int columns) =>
        text.Split('\n').Where(l => l.StartsWith('|') && !l.StartsWith("|-", StringComparison.Ordinal))
            .Select(l => l.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries)).Where(c => c.Length == columns);

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
