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
        ScoredExample[] counted = [.. records.Where(r => r.Failed is null || !task.Card.IsLowerBetter).Select(r => r.Scored)];
        int failed = records.Count(r => r.Failed is not null);
        if (counted.Length == 0)
        {
            return new(groups, records.Count, failed, null, null, null, new Dictionary<string, double>());
        }
        EvalScore score = Aggregate(task, counted);
        Interval interval = Interval(counted, score.Value, $"{task.Card.Name}/{string.Join('/', groups.Values)}");
        return new(groups, records.Count, failed, score.Value, interval.Low, interval.High, score.Beside);
    }

    /// <summary>Computes the task's own aggregate, or the means; a metric that an example lacks counts as 0.</summary>
    public static EvalScore Aggregate(IEvalTask task, IReadOnlyList<ScoredExample> examples)
    {
        if (task is IAggregatedTask aggregated)
        {
            return aggregated.Aggregate(examples);
        }
        Dictionary<string, double> beside = [];
        foreach (string metric in examples.SelectMany(e => e.Score.Beside.Keys).Distinct())
        {
            beside[metric] = examples.Average(e => e.Score.Beside.GetValueOrDefault(metric));
        }
        return new(examples.Average(e => e.Score.Value), beside);
    }

    Interval Interval(ScoredExample[] examples, double mean, string purpose) =>
        task is not IAggregatedTask
        && task.Card.IsShare
        && (examples.All(e => e.Score.Value is 0 or 1) || examples.All(e => e.Score.Value == examples[0].Score.Value))
            ? Metrics.Interval.Wilson(mean, examples.Length)
            : Bootstrap.Interval(examples.Length, seed, purpose,
                task is IAggregatedTask aggregated
                    ? drawn => aggregated.Aggregate([.. drawn.Select(i => examples[i])]).Value
                    : drawn => drawn.Average(i => examples[i].Score.Value));
}
