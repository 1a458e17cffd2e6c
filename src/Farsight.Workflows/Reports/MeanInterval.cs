using Farsight.Alignment.Training;
using Farsight.Evaluation.Metrics;

namespace Farsight.Workflows.Reports;

/// <summary>Computes the 95 % intervals of means from the standard errors and counts beside them.</summary>
/// <remarks>
/// A share has Wilson's interval, which has a width at 0 and 1, too; another mean has θ ± t·SE. Observations count as independent: the
/// questions of held-out samples, or the steps of a part of a training.
/// </remarks>
public static class MeanInterval
{
    /// <summary>Returns the interval of a metric; null if the values have no standard error of it, as those of earlier versions.</summary>
    /// <param name="values">Metrics of a measurement.</param>
    /// <param name="metric">Key in metrics.jsonl.</param>
    /// <param name="isShare">Whether the metric is a mean of numbers from 0 to 1.</param>
    public static Interval? Of(IReadOnlyDictionary<string, double> values, string metric, bool isShare) =>
        CountOf(values, metric) is { } count && values.TryGetValue(metric, out double mean) && double.IsFinite(mean)
            && Variance(values, metric) is { } variance
            ? isShare ? Interval.Share(mean, variance, count - 1, count, count) : Interval.Symmetric(mean, variance, count - 1)
            : null;

    /// <summary>Returns the interval of the difference of two measurements, as if each had observations of its own.</summary>
    /// <remarks>
    /// d − √((a − lₐ)² + (u_b − b)²) to d + √((uₐ − a)² + (b − l_b)²) with the intervals [l, u] of both: R. G. Newcombe, Statistics in
    /// Medicine 17 (1998), method 10 for shares. Measurements of the same samples vary together, so a paired interval would be narrower.
    /// </remarks>
    internal static Interval? OfChange(
        IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after, string metric, bool isShare)
    {
        if (Of(before, metric, isShare) is not { } first || Of(after, metric, isShare) is not { } second)
        {
            return null;
        }
        double b = before[metric], a = after[metric];
        return new(
            a - b - Math.Sqrt(Square(a - second.Low) + Square(first.High - b)),
            a - b + Math.Sqrt(Square(second.High - a) + Square(b - first.Low)));
    }

    /// <summary>Returns the number of observations of a metric; null if it is not known or below 2.</summary>
    public static int? CountOf(IReadOnlyDictionary<string, double> values, string metric) =>
        values.TryGetValue(metric + MetricSums.CountEnding, out double count) && count >= 2 ? (int)count : null;

    /// <summary>Adds the mean of observations to some means; with its standard error and their number if there are at least two.</summary>
    internal static void Add(Dictionary<string, double> means, string metric, IReadOnlyList<double> observations)
    {
        double mean = observations.Sum() / observations.Count;
        means[metric] = mean;
        if (observations.Count > 1 && metric != RunMetric.LearningRate && RunMetric.All.Any(m => m.Key == metric))
        {
            double squares = observations.Sum(o => (o - mean) * (o - mean));
            means[metric + MetricSums.ErrorEnding] = Math.Sqrt(squares / (observations.Count - 1) / observations.Count);
            means[metric + MetricSums.CountEnding] = observations.Count;
        }
    }

    static double? Variance(IReadOnlyDictionary<string, double> values, string metric) =>
        values.TryGetValue(metric + MetricSums.ErrorEnding, out double error) && double.IsFinite(error) ? error * error : null;

    static double Square(double value) => value * value;
}
