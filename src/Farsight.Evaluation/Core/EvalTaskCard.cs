namespace Farsight.Evaluation.Core;

/// <summary>A task's name and what its numbers mean.</summary>
/// <param name="Name">The official one, lower case, unique: "hotpotqa", "niah_single_1"; ours have a slash: "needle/single".</param>
/// <param name="Version">Raised whenever scores stop being comparable with earlier ones; the reason goes in the file's remarks.</param>
/// <param name="Title">For people: "One needle".</param>
/// <param name="Source">Paper, and the reference implementation with its commit.</param>
/// <param name="Metric">What <see cref="EvalScore.Value"/> measures: "whole answer exact".</param>
/// <param name="Chance">Expected score of a guesser; shown beside every result. Null where there is no such number.</param>
public sealed record EvalTaskCard(string Name, int Version, string Title, string Source, string Metric, double? Chance)
{
    /// <summary>The group's name in lists, and what <c>--task</c> takes for all of its tasks: "ruler", "longbench", "mmlu".</summary>
    public string Benchmark { get; init; } = "";

    /// <summary>The suites it belongs to: "short", "long", "paper".</summary>
    public IReadOnlyList<string> Suites { get; init; } = [];

    /// <summary>The files it reads from the data folder.</summary>
    public IReadOnlyList<EvalDataFile> Data { get; init; } = [];

    /// <summary>Its examples are made for a context length, so it is run at each of the lengths asked for; else the data decide.</summary>
    public bool IsPerLength { get; init; }

    /// <summary>A larger number is worse: perplexity.</summary>
    public bool IsLowerBetter { get; init; }

    /// <summary>Scores are shares, shown in percent; else they are shown as they are.</summary>
    public bool IsShare { get; init; } = true;
}

/// <summary>A file that a task reads from the data folder.</summary>
/// <param name="Path">Below the data folder, with slashes: "ruler/wonderwords.json". Without the ending of a compressed file; a path that
/// ends in a slash is a folder.</param>
/// <param name="Source">Where the user gets it: repository, commit and path, or what to do.</param>
public sealed record EvalDataFile(string Path, string Source)
{
    /// <summary>SHA-256 of the content before compression, in hexadecimal; null when it is not known, or any file will do.</summary>
    public string? Sha256 { get; init; }

    /// <summary>
    /// Another file that does as well, and is read in its place where it is there: the original of a copy; null for none.
    /// </summary>
    public string? Or { get; init; }

    /// <summary>The task runs without it, with less.</summary>
    public bool IsOptional { get; init; }
}
