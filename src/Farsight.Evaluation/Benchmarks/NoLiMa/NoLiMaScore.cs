using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.NoLiMa;

/// <summary>Scores a NoLiMa answer (Modarressi et al. 2025). Case counts.</summary>
static class NoLiMaScore
{
    /// <summary>Determines whether an answer is right by a metric: EM, contains, lastline_EM or lastline_contains.</summary>
    /// <exception cref="ArgumentException">There is no such metric.</exception>
    internal static bool IsRight(string metric, string response, IReadOnlyList<string> gold)
    {
        string stripped = PythonStrings.Strip(response), last = stripped[(stripped.LastIndexOf('\n') + 1)..];
        return metric switch
        {
            "EM" => gold.Contains(stripped, StringComparer.Ordinal),
            "contains" => gold.Any(g => response.Contains(g, StringComparison.Ordinal)),
            "lastline_EM" => gold.Contains(last, StringComparer.Ordinal),
            "lastline_contains" => gold.Any(g => last.Contains(g, StringComparison.Ordinal)),
            _ => throw new ArgumentException($"NoLiMa has no metric {metric}.", nameof(metric)),
        };
    }
}
