namespace Farsight.Evaluation.Metrics;

/// <summary>Whether a metric repeats the faults of the program that published numbers were computed with.</summary>
public enum MetricMode
{
    /// <summary>As the benchmark's own program computes it, faults included. Comparable with published numbers.</summary>
    Official,

    /// <summary>As the metric is meant. Where a metric has no fault, both modes agree.</summary>
    Clean,
}
