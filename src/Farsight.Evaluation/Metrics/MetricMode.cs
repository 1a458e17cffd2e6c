namespace Farsight.Evaluation.Metrics;

/// <summary>Specifies whether a metric reproduces the faults of the program behind the published numbers.</summary>
public enum MetricMode
{
    /// <summary>Computes the metric as the benchmark's own program does, faults included. Comparable with published numbers.</summary>
    Official,

    /// <summary>Computes the metric as it is meant. Both modes agree where a metric has no fault.</summary>
    Clean,
}
