using Farsight.Alignment.Runs;
using Farsight.Evaluation.Report;

namespace Farsight.Workflows.Reports;

/// <summary>Provides the numbers of a run's steps, as charts and means need them.</summary>
interface IStepNumbers
{
    /// <summary>Gets the number of training steps with metrics.</summary>
    int Steps { get; }

    /// <summary>Returns the finite values of a metric by step; those of training steps, or those of the held-out samples.</summary>
    /// <param name="key">Key in metrics.jsonl.</param>
    /// <param name="heldOut">Whether the values are those of the held-out samples.</param>
    /// <param name="low">Key of the lower end of each point's interval; null for none.</param>
    /// <param name="high">Key of the upper end.</param>
    ChartPoint[] Points(string key, bool heldOut, string? low = null, string? high = null);

    /// <summary>Returns the means of the finite values of consecutive training steps, with their <see cref="MeanInterval"/>.</summary>
    /// <param name="from">Number of the first step, from 0.</param>
    /// <param name="to">Number after the last step.</param>
    IReadOnlyDictionary<string, double> Means(int from, int to);

    /// <summary>Returns tokens per second by step.</summary>
    ChartPoint[] Speed();
}

/// <summary>Provides the numbers of lines in memory, every step of them.</summary>
/// <param name="lines">All lines of metrics.jsonl.</param>
/// <param name="times">All steps of timing.jsonl.</param>
sealed class LineNumbers(IReadOnlyList<MetricsLine> lines, IReadOnlyList<StepTime> times) : IStepNumbers
{
    readonly MetricsLine[] _trained = [.. lines.Where(l => l.Step > 0)], _measured = [.. lines.Where(l => l.HeldOut is { Count: > 0 })];

    /// <inheritdoc/>
    public int Steps => _trained.Length;

    /// <inheritdoc/>
    public ChartPoint[] Points(string key, bool heldOut, string? low = null, string? high = null) =>
    [
        .. from line in heldOut ? _measured : _trained
           let values = heldOut ? line.HeldOut! : line.Values
           let value = Value(values, key)
           where value is not null
           select new ChartPoint(line.Step, value.Value, Value(values, low), Value(values, high)),
    ];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> Means(int from, int to)
    {
        Dictionary<string, double> means = [];
        foreach (IGrouping<string, double> metric in _trained[from..to].SelectMany(l => l.Values).Where(v => double.IsFinite(v.Value))
            .GroupBy(v => v.Key, v => v.Value))
        {
            MeanInterval.Add(means, metric.Key, [.. metric]);
        }
        return means;
    }

    /// <inheritdoc/>
    public ChartPoint[] Speed() => [.. times.Where(t => t.Seconds > 0).Select(t => new ChartPoint(t.Step, t.Tokens / t.Seconds))];

    static double? Value(IReadOnlyDictionary<string, double> values, string? key) =>
        key is not null && values.TryGetValue(key, out double value) && double.IsFinite(value) ? value : null;
}
