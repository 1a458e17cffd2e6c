using System.Globalization;
using System.Text.Json.Serialization;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Core;

/// <summary>Represents the aggregate of a group of examples, with its 95 % interval.</summary>
/// <param name="Groups">Values of the groups; empty for all examples of a task.</param>
/// <param name="N">Number of examples, failed ones included.</param>
/// <param name="Failed">Number of failed examples. They count as 0, or are left out of the mean where lower is better.</param>
/// <param name="Mean">The mean, or the task's own aggregate; null when nothing was measured.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Beside">Aggregates of the further metrics.</param>
public sealed record CellResult(
    IReadOnlyDictionary<string, string> Groups,
    int N,
    int Failed,
    double? Mean,
    double? Low,
    double? High,
    IReadOnlyDictionary<string, double> Beside)
{
    /// <summary>The unit that the intervals treat as independent.</summary>
    public IntervalUnit IntervalUnit { get; init; }

    /// <summary>Intervals of those further metrics that the task's card describes; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, Interval>? BesideIntervals { get; init; }

    /// <summary>Context tokens; 0 where the cell has no length.</summary>
    [JsonIgnore]
    public int Length => Groups.TryGetValue(EvalExample.Length, out string? length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0;

    /// <summary>0 to 1; null where the cell has no depth.</summary>
    [JsonIgnore]
    public double? Depth =>
        Groups.TryGetValue(EvalExample.Depth, out string? depth) ? double.Parse(depth, CultureInfo.InvariantCulture) : null;
}

/// <summary>Computes the cells of one task.</summary>
/// <param name="task">The task.</param>
/// <param name="seed">Seed of the resampling.</param>
public sealed class CellMaker(IEvalTask task, int seed)
{
    /// <summary>Computes one cell for each combination of the groups' values, in the order of their first example.</summary>
    internal IReadOnlyList<CellResult> By(string[] names, IReadOnlyList<EvalRecord> records) =>
    [
        .. records.GroupBy(r => string.Join('\n', names.Select(n => r.Groups.GetValueOrDefault(n, ""))))
            .Select(g => Make(names, [.. g])),
    ];

    /// <summary>Computes one cell.</summary>
    public CellResult Make(string[] names, IReadOnlyList<EvalRecord> records)
    {
        Dictionary<string, string> groups = names.ToDictionary(n => n, n => records[0].Groups.GetValueOrDefault(n, ""));
        ReportedMetric own = ReportedMetric.Of(task, null);
        ScoredExample[] counted = Counted(own, records);
        int failed = records.Count(r => r.Failed is not null);
        if (counted.Length == 0)
        {
            return new(groups, records.Count, failed, null, null, null, new Dictionary<string, double>());
        }
        EvalScore score = Aggregate(task, counted);
        string cell = string.Join('/', groups.Values);
        Interval interval = Interval(own, counted, cell);
        Dictionary<string, Interval> beside = [];
        foreach (ReportedMetric metric in task.Card.Metrics.Select(m => ReportedMetric.Of(task, m.Name)))
        {
            if (score.Beside.ContainsKey(metric.Name!) && Counted(metric, records) is { Length: > 0 } examples)
            {
                beside[metric.Name!] = Interval(metric, examples, cell);
            }
        }
        return new(groups, records.Count, failed, score.Value, interval.Low, interval.High, score.Beside)
        {
            IntervalUnit = UnitsOf(counted).Kind,
            BesideIntervals = beside.Count > 0 ? beside : null,
        };
    }

    /// <summary>Returns the scores that count for a metric: where lower is better, no number is bad enough for a failure.</summary>
    static ScoredExample[] Counted(ReportedMetric metric, IReadOnlyList<EvalRecord> records) =>
        [.. records.Where(r => r.Failed is null || !metric.IsLowerBetter).Select(r => r.Scored)];

    static ResamplingUnits UnitsOf(IReadOnlyList<ScoredExample> examples) => ResamplingUnits.Of([.. examples.Select(e => e.Group)]);

    /// <summary>
    /// Computes the task's own aggregate, or the means; a metric that an example lacks counts as 0. Metrics of several draws are means.
    /// </summary>
    static EvalScore Aggregate(IEvalTask task, IReadOnlyList<ScoredExample> examples)
    {
        EvalScore? own = (task as IAggregatedTask)?.Aggregate(examples);
        Dictionary<string, double> beside = own is null ? [] : new(own.Beside);
        IEnumerable<string> metrics = examples.SelectMany(e => e.Score.Beside.Keys).Distinct();
        foreach (string metric in metrics.Where(m => own is null || EvalScore.IsOfDraws(m)))
        {
            beside[metric] = examples.Average(e => e.Score.Beside.GetValueOrDefault(metric));
        }
        return new(own?.Value ?? examples.Average(e => e.Score.Value), beside);
    }

    /// <summary>Computes the 95 % interval of a metric of the task.</summary>
    /// <remarks>
    /// Where examples share documents: the jackknife over documents with Student's t. Else Wilson's interval for means of scores that are
    /// all 0 or 1, or all equal, and the bootstrap for everything else. A share that no resample changes, such as a micro F1 of 0, has
    /// Wilson's interval as well: examples that all agree do not make a number certain.
    /// </remarks>
    /// <param name="metric">The metric.</param>
    /// <param name="examples">Its examples, at least one.</param>
    /// <param name="cell">Values of the cell's groups, joined by slashes; names the draws of the bootstrap.</param>
    public Interval Interval(ReportedMetric metric, IReadOnlyList<ScoredExample> examples, string cell)
    {
        ResamplingUnits units = UnitsOf(examples);
        if (units.Kind == IntervalUnit.Document)
        {
            return OverDocuments(metric, examples, units);
        }
        double first = metric.Of(examples[0]);
        if (metric.IsMean && metric.IsShare && (examples.All(e => metric.Of(e) is 0 or 1) || examples.All(e => metric.Of(e) == first)))
        {
            return Metrics.Interval.Wilson(metric.Of(examples), examples.Count);
        }
        Interval resampled = Bootstrap.Interval(
            examples.Count,
            seed,
            $"{task.Card.Name}/{cell}{(metric.Name is { } name ? $"/{name}" : "")}",
            drawn => metric.Of(examples, drawn));
        return metric.IsShare && resampled.IsPoint
            ? Metrics.Interval.Wilson(Math.Clamp(metric.Of(examples), 0, 1), examples.Count)
            : resampled;
    }

    static Interval OverDocuments(ReportedMetric metric, IReadOnlyList<ScoredExample> examples, ResamplingUnits units)
    {
        double value = metric.Of(examples), variance = Jackknife.Variance(units.Members, rest => metric.Of(examples, rest));
        int documents = units.Members.Count, freedom = Math.Max(1, documents - 1);
        return metric.IsShare ? Metrics.Interval.Share(value, variance, freedom, documents, examples.Count)
            : value > 0 ? Metrics.Interval.Ratio(value, variance, freedom)
            : Metrics.Interval.Symmetric(value, variance, freedom);
    }
}
