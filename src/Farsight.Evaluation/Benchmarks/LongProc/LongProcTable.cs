using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Scores LongProc's html_to_tsv: rows of a table in tab-separated text, compared as a set.</summary>
static partial class LongProcTable
{
    /// <summary>Computes precision, recall and F1 of the rows, and 1 when a table was found; else all are 0.</summary>
    /// <remarks>
    /// What stands in ```tsv … ``` counts, or all. The first row is the header, whose names do not matter but must differ. A last row of
    /// another width is dropped, other such rows match only each other. Cells are compared without case, punctuation, articles and white
    /// space.
    /// </remarks>
    public static (PrecisionRecall Rows, double Extraction) Score(string prediction, string reference)
    {
        List<string>? said = Rows(Fenced(prediction), out int width);
        List<string>? gold = Rows(reference, out int goldWidth);
        if (said is not { Count: > 0 } || gold is not { Count: > 0 } || width != goldWidth)
        {
            return (default, 0);
        }
        double precision = (double)said.Count(new HashSet<string>(gold, StringComparer.Ordinal).Contains) / said.Count;
        double recall = (double)gold.Count(new HashSet<string>(said, StringComparer.Ordinal).Contains) / gold.Count;
        return (new(precision, recall, precision + recall == 0 ? 0 : 2 * recall * precision / (recall + precision)), 1);
    }

    static string Fenced(string prediction)
    {
        Match fence = Fence().Match(prediction);
        string[] parts = prediction.Split("```tsv");
        return fence.Success ? fence.Groups[1].Value : parts.Length > 1 ? parts[1] : prediction;
    }

    // Each row as one text; null for no table.
    static List<string>? Rows(string text, out int width)
    {
        List<string[]> rows = PythonCsv.ReadLines(PythonStrings.Strip(text).Split('\n'), '\t');
        string[] header = rows.Count > 0 ? rows[0] : [];
        width = header.Length;
        int columns = width;
        if (rows.Count < 2 || header.Distinct(StringComparer.Ordinal).Count() != columns)
        {
            return null;
        }
        IEnumerable<string[]> data = rows.Skip(1).SkipLast(rows[^1].Length == columns ? 0 : 1);
        return [.. data.Select(r => string.Join('\t', (r.Length == columns ? r : Enumerable.Repeat("N/A", columns)).Select(Cell)))];
    }

    static string Cell(string text) => AnswerText.Normalize(text).Replace(" ", "", StringComparison.Ordinal);

    [GeneratedRegex(@"```tsv([\s\S]*)```")]
    private static partial Regex Fence();
}
