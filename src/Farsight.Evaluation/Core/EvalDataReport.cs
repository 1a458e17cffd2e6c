using System.Security.Cryptography;
using Farsight.Engine;

namespace Farsight.Evaluation.Core;

/// <summary>Represents a file that tasks read, and its status.</summary>
/// <param name="Path">Path below the data folder.</param>
/// <param name="Status">"found", "missing", "changed" (its content is not the known one), or "optional"
/// (missing, and the tasks run without it).</param>
/// <param name="Source">Where the user can get it.</param>
/// <param name="Sha256">Hash of the content, where it is known.</param>
/// <param name="Tasks">Names of the tasks that read it.</param>
public sealed record EvalDataState(string Path, string Status, string Source, string? Sha256, IReadOnlyList<string> Tasks)
{
    /// <summary>Whether a task cannot run, or would not reproduce the known numbers.</summary>
    public bool IsProblem => Status is "missing" or "changed";
}

/// <summary>Checks which of the benchmarks' files are in a data folder.</summary>
public static class EvalDataReport
{
    /// <summary>Checks the files of tasks; hashes those whose hash is known.</summary>
    /// <returns>By path. A file that one task needs and another can do without is needed.</returns>
    public static IReadOnlyList<EvalDataState> Of(IEnumerable<IEvalTask> tasks, EvalData data) =>
    [
        .. tasks.SelectMany(t => t.Card.Data.Select(file => (Task: t.Card.Name, File: file)))
            .GroupBy(u => u.File.Path)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => State([.. g.Select(u => u.Task)], g.OrderBy(u => u.File.IsOptional).First().File, data)),
    ];

    static EvalDataState State(string[] tasks, EvalDataFile file, EvalData data) =>
        new(file.Path, Status(file, data), file.Source, file.Sha256, tasks);

    static string Status(EvalDataFile file, EvalData data) =>
        !data.Exists(file) ? (file.IsOptional ? "optional" : "missing")
        : file.Or is { } other && data.Exists(other) ? "found"
        : file.Sha256 is not null && Hash(file.Path, data) != file.Sha256 ? "changed"
        : "found";

    /// <summary>Returns the hash of the decompressed content; null if the file is damaged.</summary>
    static string? Hash(string path, EvalData data)
    {
        try
        {
            using Stream stream = data.Open(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is InvalidDataException or InputException)
        {
            return null;
        }
    }
}
