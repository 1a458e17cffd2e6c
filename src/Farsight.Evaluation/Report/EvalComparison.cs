using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Report;

/// <summary>Compares evaluations on the examples they share.</summary>
/// <remarks>
/// Paired bootstrap: the shared examples are drawn again with repetition, the same for both runs, and each time the difference of their
/// numbers is taken; the middle 95 % are its interval. What makes an example easy or hard for both thus cancels out, and a difference
/// shows with far fewer examples than two intervals side by side need. Source: P. Koehn, EMNLP 2004. Many comparisons at once find
/// differences by chance, one in twenty each.
/// </remarks>
public static class EvalComparison
{
    const int Seed = 1;

    /// <summary>Compares every run with the first.</summary>
    /// <param name="runs">At least two, with names that tell them apart.</param>
    /// <exception cref="InputException">Two runs have no example of one version of a task in common.</exception>
    public static IReadOnlyList<TaskDifference> Of(IReadOnlyList<(string Name, EvalResults Results)> runs)
    {
        (string first, EvalResults before) = runs[0];
        List<TaskDifference> all = [];
        foreach ((string name, EvalResults after) in runs.Skip(1))
        {
            TaskDifference[] differences =
            [
                .. from task in before.Tasks
                   where after.Tasks.Any(t => t.Task == task.Task && t.Version == task.Version)
                   let difference = Between(name, task, Own(before, task), Own(after, task))
                   where difference is not null
                   select difference,
            ];
            all.AddRange(
                differences.Length > 0
                    ? differences
                    : throw new InputException(
                        $"{first} and {name} have no example in common: {Tasks(before)} against {Tasks(after)}. "
                            + "Compare runs of the same tasks, versions, lengths and seed."));
        }
        return all;
    }

    static EvalRecord[] Own(EvalResults results, TaskResult task) => [.. results.Examples.Where(r => r.Task == task.Task)];

    static string Tasks(EvalResults results) =>
        results.Tasks.Count == 0 ? "nothing" : string.Join(", ", results.Tasks.Select(t => $"{t.Task} v{t.Version}"));

    static TaskDifference? Between(string run, TaskResult task, EvalRecord[] before, EvalRecord[] after)
    {
        Dictionary<string, EvalRecord> others = after.ToDictionary(r => r.Id);
        (EvalRecord Before, EvalRecord After)[] pairs =
        [
            .. from record in before
               where others.ContainsKey(record.Id)
               let other = others[record.Id]
               where !task.IsLowerBetter || (record.Failed is null && other.Failed is null) // a failure has no number that is bad enough
               select (record, other),
        ];
        if (pairs.Length == 0)
        {
            return null;
        }
        ScoredExample[] then = [.. pairs.Select(p => p.Before.Scored)], now = [.. pairs.Select(p => p.After.Scored)];
        Func<int[], ScoredExample[], double> number = Aggregate(task);
        int[] all = [.. Enumerable.Range(0, pairs.Length)];
        (double low, double high) = Bootstrap.Interval(
            pairs.Length,
            Seed,
            $"compare/{task.Task}",
            drawn => number(drawn, now) - number(drawn, then));
        double first = number(all, then),
            second = number(all, now);
        return new(
            run,
            task.Task,
            task.Version,
            pairs.Length,
            first,
            second,
            second - first,
            low,
            high,
            Verdict(low, high, task.IsLowerBetter),
            task.IsShare,
            pairs.Count(p => p.Before.PromptSha256 != p.After.PromptSha256))
        {
            OtherDecoding = pairs.Count(p => p.Before.Decoding != p.After.Decoding),
        };
    }

    /// <summary>Returns the task's own aggregate if this program has the task in that version, else the mean.</summary>
    static Func<int[], ScoredExample[], double> Aggregate(TaskResult task) =>
        EvalTaskCatalog.All.FirstOrDefault(t => t.Card.Name == task.Task && t.Card.Version == task.Version) is IAggregatedTask aggregated
            ? (drawn, examples) => aggregated.Aggregate([.. drawn.Select(i => examples[i])]).Value
            : (drawn, examples) => drawn.Average(i => examples[i].Score.Value);

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
