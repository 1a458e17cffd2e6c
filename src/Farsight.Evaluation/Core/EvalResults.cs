using System.Reflection;
using System.Text.Json.Serialization;
using Farsight.Evaluation.Core.Answering;

namespace Farsight.Evaluation.Core;

/// <summary>Holds the results of an evaluation: results.json.</summary>
/// <param name="Model">As in <see cref="EvalPlan.Model"/>.</param>
/// <param name="Seed">Seed of all random choices.</param>
/// <param name="Haystack">Name of the haystack's documents.</param>
/// <param name="Tasks">Results of the tasks, in the order of the run.</param>
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

    /// <summary>Tasks and lengths without examples.</summary>
    public IReadOnlyList<SkippedPart> Skipped { get; init; } = [];

    /// <summary>Files that the tasks read from the data folder.</summary>
    public IReadOnlyList<EvalDataRead> Data
    {
        get;
        init => field = value ?? []; // a file of an earlier version lacks it
    } = [];

    /// <summary>How answers were decoded; null where each task was decoded as its benchmark does, at the positions 0, 1, 2, ….</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EvalDecoding? Decoding { get; init; }

    /// <summary>How many requests a folder with answers of earlier runs answered; null where none was used.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StoredAnswers? Stored { get; init; }

    /// <summary>Time and memory of the evaluation, as timing.jsonl beside results.json has it; null if it is not known.</summary>
    internal EvalCost? Cost { get; init; }

    /// <summary>Means over several tasks.</summary>
    public IReadOnlyList<BenchmarkMean> Means
    {
        get;
        init => field = value ?? []; // a file of an earlier version lacks it
    } = [];

    /// <summary>The command line, without options that do not change results; empty where a program started the evaluation.</summary>
    public string Command
    {
        get;
        init => field = value ?? ""; // a file of an earlier version lacks it
    } = "";

    /// <summary>Version of this toolkit.</summary>
    public string FarsightVersion { get; init; } =
        typeof(EvalResults).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}

/// <summary>Represents a mean over tasks.</summary>
/// <param name="Name">For people, with the benchmark's name: "longbench without code, kinds alike".</param>
/// <param name="Tasks">Tasks of the benchmark that were run.</param>
/// <param name="Mean">The mean; shares are 0 to 1.</param>
public sealed record BenchmarkMean(string Name, IReadOnlyList<string> Tasks, double Mean);

/// <summary>Represents consecutive lines of a file.</summary>
/// <param name="First">Number of the first line, from 1.</param>
/// <param name="Last">Number of the last line.</param>
public sealed record LineRange(int First, int Last);

/// <summary>Represents a task, a length, or a part of a task that was not run.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Length">Context tokens; null for a task that is not made for a length.</param>
/// <param name="Reason">The reason.</param>
public sealed record SkippedPart(string Task, int? Length, string Reason);

/// <summary>Represents the aggregates of one task.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Version">Scores of different versions are not comparable.</param>
/// <param name="Title">Title for people.</param>
/// <param name="Metric">Name of the metric.</param>
/// <param name="Chance">Expected score of a guesser; null where there is no such number.</param>
/// <param name="All">Aggregate over all examples.</param>
/// <param name="By">Aggregates by each group alone: by length, by subject. Groups with a single
/// value are left out, except the length and <see cref="EvalExample.Data"/>.</param>
/// <param name="Cells">By all groups together, where there are several, in the order they were
/// run. A cell that was not run is absent.</param>
public sealed record TaskResult(
    string Task, int Version, string Title, string Metric, double? Chance,
    CellResult All, IReadOnlyList<CellResult> By, IReadOnlyList<CellResult> Cells)
{
    /// <summary>The name that selects all tasks of the benchmark; may be empty.</summary>
    public string Benchmark { get; init; } = "";

    /// <summary>Whether scores are shares, shown in percent.</summary>
    public bool IsShare { get; init; } = true;

    /// <summary>Whether a larger number is worse.</summary>
    public bool IsLowerBetter { get; init; }

    /// <summary>Descriptions of metrics beside the score; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EvalMetric>? Metrics { get; init; }

    /// <summary>Share of the prompts that were cut.</summary>
    public double CutShare { get; init; }

    /// <summary>Number of prompts of which the server read far fewer tokens than were sent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int TruncatedByServer { get; init; }

    /// <summary>Number of prompts by template, such as "chat, 1 BOS".</summary>
    public IReadOnlyDictionary<string, int> Templates { get; init; } = new Dictionary<string, int>();

    /// <summary>Number of completions by stop reason.</summary>
    public IReadOnlyDictionary<string, int> StopReasons { get; init; } = new Dictionary<string, int>();

    /// <summary>Number of failed examples by exception type; null when none failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, int>? Failures { get; init; }

    /// <summary>The cells by length, over everything else.</summary>
    [JsonIgnore]
    public IReadOnlyList<CellResult> Lengths => [.. By.Where(c => c.Groups.ContainsKey(EvalExample.Length))];

    /// <summary>Returns whether a metric beside the score is a share, as the score is where nothing describes it.</summary>
    public bool IsShareOf(string metric) => Metrics?.FirstOrDefault(m => m.Name == metric)?.IsShare ?? IsShare;

    /// <summary>Returns a metric of these results, with the task's own aggregate where this program has the task in that version.</summary>
    internal ReportedMetric MetricOf(string? name) => new(
        EvalTaskCatalog.All.FirstOrDefault(t => t.Card.Name == Task && t.Card.Version == Version),
        name,
        name is null ? IsShare : IsShareOf(name),
        name is null ? IsLowerBetter : Metrics?.FirstOrDefault(m => m.Name == name)?.IsLowerBetter ?? false);

    /// <summary>Aggregates the records of one task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="records">Its records, at least one.</param>
    /// <param name="seed">Seed of the intervals' resampling.</param>
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
                    cells.By([n], records) is { Count: > 1 } || n is EvalExample.Length or EvalExample.Data ? cells.By([n], records) : []),
            ],
            names.Length > 1 ? cells.By(names, records) : [])
        {
            Benchmark = card.Benchmark,
            IsShare = card.IsShare,
            IsLowerBetter = card.IsLowerBetter,
            Metrics = card.Metrics.Count > 0 ? card.Metrics : null,
            CutShare = (double)records.Count(r => r.Cut is not null) / records.Count,
            TruncatedByServer = records.Count(r => r.SentTokens is not null),
            Templates = Counted(records, r => r.BosCount is { } bos ? $"{r.Template}, {bos} BOS" : r.Template),
            StopReasons = Counted(records, r => r.StopReason),
            Failures = Counted([.. records.Where(r => r.Failed is not null)], TypeOf) is { Count: > 0 } failures ? failures : null,
        };
    }

    /// <summary>Returns the exception type in "IOException: …" or "judge: IOException: …"; the first word where there is none.</summary>
    static string TypeOf(EvalRecord record)
    {
        string[] parts = record.Failed!.Split(": ");
        return parts.Take(2).FirstOrDefault(p => p.EndsWith("Exception", StringComparison.Ordinal), parts[0]);
    }

    static SortedDictionary<string, int> Counted(IReadOnlyList<EvalRecord> records, Func<EvalRecord, string> key) =>
        new(records.GroupBy(key).ToDictionary(g => g.Key, g => g.Count()), StringComparer.Ordinal);
}
