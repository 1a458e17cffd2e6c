using System.Security.Cryptography;
using System.Text;
using Farsight.Engine;

namespace Farsight.Evaluation.Core;

/// <summary>Represents a file that tasks read, and its status.</summary>
/// <param name="Path">Path below the data folder.</param>
/// <param name="Status">"found", "missing", "changed" (its content is not the known one), "substitute" (missing, and the tasks read another
/// file in its place), or "optional" (missing, and the tasks run without it).</param>
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
        data.PathRead(file) is not { } path ? (file.IsOptional ? "optional" : "missing")
        : path == file.Substitute ? "substitute"
        : path == file.Path && file.Sha256 is not null && EvalDataRead.Hash(path, data) != file.Sha256 ? "changed"
        : "found";
}

/// <summary>Represents a file that an evaluation read.</summary>
/// <param name="Path">Path below the data folder; a path that ends in a slash is a folder.</param>
/// <param name="Sha256">SHA-256 of the content before compression; of a folder, of the names and hashes of its files. Null for a damaged
/// file.</param>
/// <param name="Status">"found", "changed" or "substitute", as in <see cref="EvalDataState"/>.</param>
public sealed record EvalDataRead(string Path, string? Sha256, string Status)
{
    /// <summary>Returns what the tasks read, by path.</summary>
    internal static IReadOnlyList<EvalDataRead> Of(IEnumerable<IEvalTask> tasks, EvalData data) =>
    [
        .. tasks.SelectMany(t => t.Card.Data)
            .Select(f => (File: f, Path: data.PathRead(f)))
            .Where(f => f.Path is not null)
            .DistinctBy(f => f.Path)
            .OrderBy(f => f.Path, StringComparer.Ordinal)
            .Select(f => Of(f.File, f.Path!, data)),
    ];

    static EvalDataRead Of(EvalDataFile file, string path, EvalData data)
    {
        string? hash = Hash(path, data);
        return new(
            path,
            hash,
            path == file.Substitute ? "substitute" : path == file.Path && file.Sha256 is { } known && known != hash ? "changed" : "found");
    }

    /// <summary>Returns the hash of a file or folder, as <see cref="Sha256"/>.</summary>
    internal static string? Hash(string path, EvalData data)
    {
        try
        {
            if (Directory.Exists(data.PathOf(path)))
            {
                return HashOfFolder(path, data);
            }
            using Stream stream = data.Open(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is InvalidDataException or InputException)
        {
            return null;
        }
    }

    static string HashOfFolder(string path, EvalData data)
    {
        string folder = data.PathOf(path)!;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (
            string name in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(f => System.IO.Path.GetRelativePath(folder, f).Replace('\\', '/'))
                .Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{Hash(System.IO.Path.Combine(path, name), data)}\n"));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
