namespace Farsight.Evaluation.Core;

/// <summary>Describes a task and its metric.</summary>
/// <param name="Name">The official name in lower case, unique: "hotpotqa", "niah_single_1". Our
/// own tasks have a slash: "needle/single".</param>
/// <param name="Version">Raised whenever scores stop being comparable with earlier ones; the reason goes in the file's remarks.</param>
/// <param name="Title">Title for people: "One needle".</param>
/// <param name="Source">Paper, and the reference implementation with its commit.</param>
/// <param name="Metric">What <see cref="EvalScore.Value"/> measures: "whole answer exact".</param>
/// <param name="Chance">Expected score of a guesser; shown beside every result. Null where there is no such number.</param>
public sealed record EvalTaskCard(string Name, int Version, string Title, string Source, string Metric, double? Chance)
{
    /// <summary>The name of the benchmark, which selects all of its tasks: "ruler", "longbench", "mmlu".</summary>
    public string Benchmark { get; init; } = "";

    /// <summary>Size of the benchmark, what of it is exact and what differs; null where nothing is recorded.</summary>
    public BenchmarkFacts? Facts => BenchmarkFacts.Of(Benchmark.Length > 0 ? Benchmark : Name);

    /// <summary>Suites of the task: "short", "long", "paper".</summary>
    public IReadOnlyList<string> Suites { get; init; } = [];

    /// <summary>Files that the task reads from the data folder.</summary>
    public IReadOnlyList<EvalDataFile> Data { get; init; } = [];

    /// <summary>How hard the necessary information is to find; null without a long context.</summary>
    public DemandLevel? Dispersion => TaskDemand.Of(Name)?.Dispersion;

    /// <summary>How much information is necessary; null without a long context.</summary>
    public DemandLevel? Scope => TaskDemand.Of(Name)?.Scope;

    /// <summary>Whether examples are made for a context length, so that the task runs at each requested length.</summary>
    public bool IsPerLength { get; init; }

    /// <summary>Whether the number of examples is always the same, so that <see cref="EvalSetting.Samples"/> does not apply.</summary>
    public bool HasFixedSamples { get; init; }

    /// <summary>Whether a larger number is worse, as for perplexity.</summary>
    public bool IsLowerBetter { get; init; }

    /// <summary>Whether scores are shares, shown in percent.</summary>
    public bool IsShare { get; init; } = true;

    /// <summary>Describes metrics beside the score: those that get an interval, and those for which lower is better.</summary>
    public IReadOnlyList<EvalMetric> Metrics { get; init; } = [];
}

/// <summary>Describes a metric beside a task's score.</summary>
/// <param name="Name">The name in <see cref="EvalScore.Beside"/>.</param>
public sealed record EvalMetric(string Name)
{
    /// <summary>Whether a larger number is worse, as for the share of wrong values.</summary>
    public bool IsLowerBetter { get; init; }

    /// <summary>Whether it is a share, shown in percent.</summary>
    public bool IsShare { get; init; } = true;
}

/// <summary>Represents a file that a task reads from the data folder.</summary>
/// <param name="Path">Below the data folder, with slashes: "ruler/wonderwords.json". Without the ending of a compressed file; a path that
/// ends in a slash is a folder.</param>
/// <param name="Source">Where the user gets it: repository, commit and path, or what to do.</param>
public sealed record EvalDataFile(string Path, string Source)
{
    /// <summary>SHA-256 of the content before compression, in hexadecimal; null when it is not known, or any file will do.</summary>
    public string? Sha256 { get; init; }

    /// <summary>
    /// Another file with the same content, which is read in its place where it exists: the original of a copy; null for none.
    /// </summary>
    public string? Or { get; init; }

    /// <summary>
    /// A file with other content, which is read where this one is missing; null for none. The results say which of the two was read, in
    /// the group <see cref="EvalExample.Data"/>.
    /// </summary>
    public string? Substitute { get; init; }

    /// <summary>Whether the task can run without the file.</summary>
    public bool IsOptional { get; init; }
}
