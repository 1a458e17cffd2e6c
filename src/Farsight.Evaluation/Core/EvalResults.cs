using System.Reflection;
using System.Text.Json.Serialization;

namespace Farsight.Evaluation.Core;

/// <summary>What an evaluation found: results.json.</summary>
/// <param name="Model">As in <see cref="EvalPlan.Model"/>.</param>
/// <param name="Seed">Of everything drawn.</param>
/// <param name="Haystack">Which documents hide needles.</param>
/// <param name="Tasks">In the order they were run.</param>
/// <param name="Examples">Every example with its completion, task by task.</param>
public sealed record EvalResults(
    string Model, int Seed, string Haystack, IReadOnlyList<TaskResult> Tasks, IReadOnlyList<EvalRecord> Examples)
{
    /// <summary>
    /// Which lines of examples.jsonl are the examples, in their order; empty where there is no such file. results.json has these in their
    /// place.
    /// </summary>
    public IReadOnlyList<LineRange> Lines
    {
        get;
        init => field = value ?? []; // a file of an earlier version lacks it
    } = [];

    /// <summary>Tasks and lengths that no examples could be made for.</summary>
    public IReadOnlyList<SkippedPart> Skipped { get; init; } = [];

    /// <summary>Numbers over several tasks.</summary>
    public IReadOnlyList<BenchmarkMean> Means
    {
        get;
        init => field = value ?? []; // a file of an earlier version lacks it
    } = [];

    /// <summary>The command line that asked for it, without what does not change numbers; empty where a program did.</summary>
    public string Command
    {
        get;
        init => field = value ?? ""; // a file of an earlier version lacks it
    } = "";

    /// <summary>Version of this toolkit.</summary>
    public string FarsightVersion { get; init; } =
        typeof(EvalResults).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}

/// <summary>The mean of some tasks' numbers.</summary>
/// <param name="Name">For people, with the benchmark's name: "longbench without code, kinds alike".</param>
/// <param name="Tasks">Of the benchmark, as far as they were run.</param>
/// <param name="Mean">As the tasks' own, shares from 0 to 1.</param>
public sealed record BenchmarkMean(string Name, IReadOnlyList<string> Tasks, double Mean);

/// <summary>Consecutive lines of a file.</summary>
/// <param name="First">The first one's number, from 1.</param>
/// <param name="Last">The last one's.</param>
public sealed record LineRange(int First, int Last);

/// <summary>What was not run.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Length">Context tokens; null for a task that is not made for a length.</param>
/// <param name="Reason">Why.</param>
public sealed record SkippedPart(string Task, int? Length, string Reason);

/// <summary>One task's aggregates.</summary>
/// <param name="Task">Its name.</param>
/// <param name="Version">Scores of different versions are not comparable.</param>
/// <param name="Title">For people.</param>
/// <param name="Metric">What the means are means of.</param>
/// <param name="Chance">Expected score of a guesser; null where there is no such number.</param>
/// <param name="All">Over all examples.</param>
/// <param name="By">By each group alone: by length, by subject. Groups with a single value are left out, but for the length.</param>
/// <param name="Cells">By all groups together, where there are several, in the order they were run. A cell that was not run is
/// absent.</param>
public sealed record TaskResult(
    string Task, int Version, string Title, string Metric, double? Chance,
    CellResult All, IReadOnlyList<CellResult> By, IReadOnlyList<CellResult> Cells)
{
    /// <summary>What <c>--task</c> takes for all tasks of its benchmark; may be empty.</summary>
    public string Benchmark { get; init; } = "";

    /// <summary>Scores are shares, shown in percent.</summary>
    public bool IsShare { get; init; } = true;

    /// <summary>A larger number is worse.</summary>
    public bool IsLowerBetter { get; init; }

    /// <summary>Share of the prompts that were cut.</summary>
    public double CutShare { get; init; }

    /// <summary>How often each way of making prompts was used, such as "chat, 1 BOS".</summary>
    public IReadOnlyDictionary<string, int> Templates { get; init; } = new Dictionary<string, int>();

    /// <summary>How often completions ended in each way.</summary>
    public IReadOnlyDictionary<string, int> StopReasons { get; init; } = new Dictionary<string, int>();

    /// <summary>The cells by length, over everything else.</summary>
    [JsonIgnore]
    public IReadOnlyList<CellResult> Lengths => [.. By.Where(c => c.Groups.ContainsKey(EvalExample.Length))];

    /// <summary>Aggregates the records of one task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="records">Its records, at least one.</param>
    /// <param name="seed">Of the intervals' resampling.</param>
    public static TaskResult Of(IEvalTask task, IReadOnlyList<EvalRecord> records, int seed)
    {
        EvalTaskCard card = task.Card;
        CellMaker cells = new(task, seed);
        string[] names = [.. records[0].Groups.Keys];
        return new(
            card.Name,
            card.Version,
            card.Title,
            card.Metric,
            card.Chance,
            cells.Make([], records),
            [
                .. names.SelectMany(n =>
                    cells.By([n], records) is { Count: > 1 } by || n == EvalExample.Length ? cells.By([n], records) : []),
            ],
            names.Length > 1 ? cells.By(names, records) : [])
        {
            Benchmark = card.Benchmark,
            IsShare = card.IsShare,
            IsLowerBetter = card.IsLowerBetter,
            CutShare = (double)records.Count(r => r.Cut is not null) / records.Count,
            Templates = Counted(records, r => r.BosCount is { } bos ? $"{r.Template}, {bos} BOS" : r.Template),
            StopReasons = Counted(records, r => r.StopReason),
        };
    }

    static SortedDictionary<string, int> Counted(IReadOnlyList<EvalRecord> records, Func<EvalRecord, string> key) =>
        new(records.GroupBy(key).ToDictionary(g => g.Key, g => g.Count()), StringComparer.Ordinal);
}
