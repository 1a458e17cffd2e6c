using System.Text.Json.Serialization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Report;

/// <summary>Compares evaluations on the examples they share.</summary>
/// <remarks>
/// The differences are paired by example, so what makes an example easy or hard for both cancels out, and a difference shows with far fewer
/// examples than two intervals side by side need. Where examples are about documents of their own: paired bootstrap (P. Koehn, EMNLP 2004);
/// the shared examples are drawn again with repetition, the same for both runs, and the middle 95 % of the differences are the interval.
/// Where examples share documents: θ ± t·√V by the jackknife over documents, with Student's t, because with few documents a bootstrap over
/// them is too narrow. A share whose difference is the same for all has the interval of <see cref="Interval.ConstantDifference"/>. Many
/// comparisons at once find differences by chance, one in twenty each.
/// </remarks>
public static class EvalComparison
{
    const int Seed = 1;

    /// <summary>Compares every run with the first.</summary>
    /// <param name="runs">At least two, with names that tell them apart.</param>
    /// <param name="metric">Name of a metric beside the score; null for each task's score.</param>
    /// <exception cref="InputException">Two runs have no example of one version of a task in common, or no common task reports the
    /// metric.</exception>
    public static IReadOnlyList<TaskDifference> Of(IReadOnlyList<(string Name, EvalResults Results)> runs, string? metric = null)
    {
        (string first, EvalResults before) = runs[0];
        List<TaskDifference> all = [];
        foreach ((string name, EvalResults after) in runs.Skip(1))
        {
            TaskResult[] common =
                [.. before.Tasks.Where(task => after.Tasks.Any(t => t.Task == task.Task && t.Version == task.Version))];
            RequireMetric(metric, common, $"{first} and {name}");
            TaskDifference[] differences =
            [
                .. from task in common
                   where Reports(task, metric)
                   let difference = Between(name, task, task.MetricOf(metric), Own(before, task), Own(after, task))
                   where difference is not null
                   select difference,
            ];
            all.AddRange(
                differences.Length > 0
                    ? differences
                    : throw new InputException(
                        $"{first} and {name} have no example in common: {IncomparableResults.Reason(first, before, name, after)}. "
                            + "Compare runs of the same tasks, versions, lengths and seed."));
        }
        return all;
    }

    static bool Reports(TaskResult task, string? metric) => metric is null || task.All.Beside.ContainsKey(metric);

    static void RequireMetric(string? metric, TaskResult[] common, string runs)
    {
        if (common.Length > 0 && !common.Any(t => Reports(t, metric)))
        {
            string[] known = [.. common.SelectMany(t => t.All.Beside.Keys).Distinct()];
            throw new InputException(
                $"No task that {runs} share reports the metric '{metric}'. Metrics beside the score: "
                    + $"{(known.Length > 0 ? string.Join(", ", known) : "none")}.");
        }
    }

    static EvalRecord[] Own(EvalResults results, TaskResult task) => [.. results.Examples.Where(r => r.Task == task.Task)];

    static TaskDifference? Between(string run, TaskResult task, ReportedMetric metric, EvalRecord[] before, EvalRecord[] after)
    {
        Dictionary<string, EvalRecord> others = after.ToDictionary(r => r.Id);
        (EvalRecord Before, EvalRecord After)[] pairs =
        [
            .. from record in before
               where others.ContainsKey(record.Id)
               let other = others[record.Id]
               where !metric.IsLowerBetter || (record.Failed is null && other.Failed is null) // a failure has no number that is bad enough
               select (record, other),
        ];
        if (pairs.Length == 0)
        {
            return null;
        }
        ScoredExample[] then = [.. pairs.Select(p => p.Before.Scored)], now = [.. pairs.Select(p => p.After.Scored)];
        ResamplingUnits units = ResamplingUnits.Of([.. pairs.Select(p => p.Before.Group ?? p.After.Group)]);
        double first = metric.Of(then), second = metric.Of(now), difference = second - first;
        Interval varied = units.Kind == IntervalUnit.Document
            ? Interval.Symmetric(difference, Jackknife.Variance(units.Members, Difference), Math.Max(1, units.Members.Count - 1))
            : Bootstrap.Interval(
                pairs.Length,
                Seed,
                $"compare/{task.Task}{(metric.Name is { } name ? $"/{name}" : "")}",
                Difference);
        (double low, double high) =
            metric.IsShare && varied.IsPoint ? Interval.ConstantDifference(difference, units.Members.Count) : varied;
        bool isOneDocument = units.Kind == IntervalUnit.Document && units.Members.Count == 1;
        return new(
            run,
            task.Task,
            task.Version,
            pairs.Length,
            first,
            second,
            difference,
            low,
            high,
            isOneDocument ? ComparisonVerdict.Unclear : Verdict(low, high, metric.IsLowerBetter),
            metric.IsShare,
            pairs.Count(p => p.Before.PromptSha256 != p.After.PromptSha256))
        {
            OtherDecoding = pairs.Count(p => p.Before.Decoding != p.After.Decoding),
            Metric = metric.Name,
            IntervalUnit = units.Kind,
        };

        double Difference(IReadOnlyList<int> drawn) => metric.Of(now, drawn) - metric.Of(then, drawn);
    }

    static ComparisonVerdict Verdict(double low, double high, bool isLowerBetter) =>
        low > 0 ? (isLowerBetter ? ComparisonVerdict.Worse : ComparisonVerdict.Better)
        : high < 0 ? (isLowerBetter ? ComparisonVerdict.Better : ComparisonVerdict.Worse)
        : ComparisonVerdict.Unclear;
}

/// <summary>Represents the difference of one run from the first on one task.</summary>
/// <param name="Run">The run, by its name in the comparison.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Version">The task's version.</param>
/// <param name="N">Examples that both runs have.</param>
/// <param name="Before">The first run's number over these.</param>
/// <param name="After">This run's number over them.</param>
/// <param name="Difference">After − before, by the task's own metric.</param>
/// <param name="Low">Lower end of the difference's 95 % interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Verdict">The verdict on the difference.</param>
/// <param name="IsShare">The numbers are shares, shown in percent.</param>
/// <param name="OtherPrompts">Examples whose prompts were not the same ids or messages, as models with other tokenizers have them.</param>
public sealed record TaskDifference(
    string Run, string Task, int Version, int N, double Before, double After, double Difference, double Low, double High,
    ComparisonVerdict Verdict, bool IsShare, int OtherPrompts)
{
    /// <summary>Examples that were decoded otherwise: at another temperature, in another number of draws, or at other positions.</summary>
    public int OtherDecoding { get; init; }

    /// <summary>Name of the compared metric; null for the task's score.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Metric { get; init; }

    /// <summary>The unit that the interval treats as independent.</summary>
    public IntervalUnit IntervalUnit { get; init; }
}

/// <summary>Specifies the verdict on a difference.</summary>
public enum ComparisonVerdict
{
    /// <summary>States that the interval contains 0.</summary>
    Unclear,

    /// <summary>States that the whole interval is on the better side.</summary>
    Better,

    /// <summary>States that the whole interval is on the worse side: a regression.</summary>
    Worse,
}
