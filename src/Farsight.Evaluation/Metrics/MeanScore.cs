using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Metrics;

/// <summary>Means of scores as the benchmarks print them.</summary>
public static class MeanScore
{
    /// <summary>100 times the mean, rounded as Python rounds, by default to two decimals; NaN for no scores.</summary>
    public static double Percent(IReadOnlyCollection<double> scores, int decimals = 2) =>
        PythonNumbers.Round(100 * scores.Sum() / scores.Count, decimals);
}
