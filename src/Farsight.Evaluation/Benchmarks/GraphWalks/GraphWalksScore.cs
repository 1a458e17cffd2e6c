using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.GraphWalks;

/// <summary>Reads the nodes of a GraphWalks answer by three rules, and compares them with the right ones as sets.</summary>
/// <remarks>
/// The data card's rule takes the brackets off the whole match, so its first node is "Final Answer: [a" and never right. The rule of
/// lm-evaluation-harness @4e7e0d4 captures what is between the brackets. Both leave out empty nodes.
/// </remarks>
static partial class GraphWalksScore
{
    /// <summary>Reads the last line as the data card does; null where it has no list.</summary>
    internal static IReadOnlyList<string>? ByCard(string response) => Card().Match(LastLine(response)) is { Success: true } match
        ? [.. Nodes(match.Value.Trim('[', ']'))]
        : null;

    /// <summary>Reads the last line, line feeds behind it aside; null where it has no list.</summary>
    internal static IReadOnlyList<string>? Strict(string response) => InLine(LastLine(response.TrimEnd('\n')));

    /// <summary>Reads the last line that has a list; null where none has one.</summary>
    internal static IReadOnlyList<string>? Flexible(string response) =>
        response.TrimEnd('\n').Split('\n').Reverse().Select(InLine).FirstOrDefault(l => l is not null);

    /// <summary>Computes F1 of the sets; 0 for an empty set on either side.</summary>
    internal static double F1(IReadOnlyList<string>? said, IReadOnlyList<string> gold)
    {
        HashSet<string> right = [.. gold], named = [.. said ?? []];
        return PrecisionRecall.Of(named.Count(right.Contains), named.Count, right.Count).F1;
    }

    static string LastLine(string text) => text[(text.LastIndexOf('\n') + 1)..];

    static string[]? InLine(string line) => List().Match(line) is { Success: true } match
        ? [.. Nodes(match.Groups[1].Value).Select(n => n.Trim('\'', '"'))]
        : null;

    static IEnumerable<string> Nodes(string list) => list.Split(',').Select(PythonStrings.Strip).Where(n => n.Length > 0);

    [GeneratedRegex(@"Final Answer: ?\[.*\]")]
    private static partial Regex Card();

    [GeneratedRegex(@"Final Answer:\s*\[(.*)\]")]
    private static partial Regex List();
}
