using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.AdaLEval;

/// <summary>
/// Reads and scores Ada-LEval's answers (Wang et al. 2024): the best of many answers to a question, and the order of four pieces of text.
/// </summary>
static partial class AdaLEvalAnswer
{
    static readonly int[][] s_orders =
    [
        .. from a in Enumerable.Range(1, 4)
        from b in Enumerable.Range(1, 4)
        from c in Enumerable.Range(1, 4)
        from d in Enumerable.Range(1, 4)
        where a != b && a != c && a != d && b != c && b != d && c != d
        select new[] { a, b, c, d },
    ];

    /// <summary>Returns the designation ("A3") that a BestAnswer prediction chooses, or "???" for none.</summary>
    /// <remarks>
    /// Official: the highest number i up to <paramref name="choices"/> of which "Ai" occurs, else of which the bare number occurs, also as
    /// a part of a longer one. Clean: whole designations, and only one may occur.
    /// </remarks>
    public static string Best(string prediction, int choices, MetricMode mode = MetricMode.Official)
    {
        if (mode == MetricMode.Clean)
        {
            string[] named = [.. Designation().Matches(prediction).Select(m => m.Value).Distinct(StringComparer.Ordinal)];
            return named.Length == 1 ? named[0] : "???";
        }
        string[] downwards = [.. Enumerable.Range(1, choices).Reverse().Select(i => $"A{i}")];
        return downwards.FirstOrDefault(d => prediction.Contains(d, StringComparison.Ordinal))
            ?? downwards.FirstOrDefault(d => prediction.Contains(d[1..], StringComparison.Ordinal)) ?? "???";
    }

    /// <summary>
    /// Returns the order that a TSort prediction states: a JSON list after "Answer:" or in the whole text, else the only permutation of 1
    /// to 4 that occurs from left to right, else four zeros.
    /// </summary>
    public static IReadOnlyList<double> Order(string prediction)
    {
        string[] parts = prediction.Split("Answer:");
        string text = parts.Length > 1 ? PythonStrings.Strip(parts[1]) : prediction;
        if (JsonList(text) is { } list)
        {
            return list;
        }
        int[][] fitting = [.. s_orders.Where(o => IsSubsequence(o, text))];
        return fitting.Length == 1 ? [.. fitting[0].Select(i => (double)i)] : [0, 0, 0, 0];
    }

    /// <summary>
    /// Determines whether the stated order is right. Official: compares only as far as the shorter list goes, so an empty list is right.
    /// Clean: compares the whole list.
    /// </summary>
    public static bool IsRightOrder(string prediction, IReadOnlyList<int> answer, MetricMode mode = MetricMode.Official)
    {
        IReadOnlyList<double> said = Order(prediction);
        return (mode == MetricMode.Official || said.Count == answer.Count) && said.Zip(answer).All(p => p.First == p.Second);
    }

    static double[]? JsonList(string text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Array
                ? [.. json.RootElement.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number ? e.GetDouble() : double.NaN)]
                : [double.NaN];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static bool IsSubsequence(int[] order, string text)
    {
        int at = 0;
        foreach (int digit in order)
        {
            at = text.IndexOf((char)('0' + digit), at) + 1;
            if (at == 0)
            {
                return false;
            }
        }
        return true;
    }

    [GeneratedRegex(@"\bA[0-9]+\b")]
    private static partial Regex Designation();
}
