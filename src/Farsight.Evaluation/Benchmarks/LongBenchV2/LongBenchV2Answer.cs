using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.LongBenchV2;

/// <summary>Reads LongBench v2's choice (Bai et al. 2024) from a sentence that begins "The correct answer is".</summary>
static partial class LongBenchV2Answer
{
    /// <summary>
    /// Returns the first letter A to D in brackets after these words, else the first without brackets; null for none. Asterisks are
    /// ignored. Official: the letter may start a word, so "The correct answer is Apple" gives A. Clean: the letter stands alone.
    /// </summary>
    public static string? Extract(string response, MetricMode mode = MetricMode.Official)
    {
        string text = response.Replace("*", "", StringComparison.Ordinal);
        Match match = InBrackets().Match(text);
        match = match.Success ? match : mode == MetricMode.Official ? Bare().Match(text) : BareAlone().Match(text);
        return match.Success ? match.Groups[1].Value : null;
    }

    /// <summary>Returns 1 when the letter is the answer, else 0; with compensation, 0.25 when no letter was found.</summary>
    public static double Score(string response, string answer, bool compensated = false, MetricMode mode = MetricMode.Official) =>
        Extract(response, mode) is not { } letter ? (compensated ? 0.25 : 0) : letter == answer ? 1 : 0;

    [GeneratedRegex(@"The correct answer is \(([A-D])\)")]
    private static partial Regex InBrackets();

    [GeneratedRegex("The correct answer is ([A-D])")]
    private static partial Regex Bare();

    [GeneratedRegex(@"The correct answer is ([A-D])\b")]
    private static partial Regex BareAlone();
}
