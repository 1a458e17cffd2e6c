using System.Globalization;
using Farsight.Alignment.Inspection;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core;

namespace Farsight.Server.Dashboard;

/// <summary>Finds what the folders of a dashboard have, and checks the paths of requests.</summary>
/// <remarks>An address is the number of a folder and the path below it, as in "1/logo/seed-1". A path that leads outside, also by a link,
/// is refused.</remarks>
sealed class ShownFolders
{
    const int MostFolders = 20_000, MostDepth = 12;

    // Folders inside of runs that have no runs of their own.
    static readonly string[] s_closed = ["checkpoints", "adapter", "adapters", "model", "models", "tensorboard", "resampled"];
    static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(5);

    readonly Lock _access = new();
    readonly string[] _roots;
    readonly Dictionary<string, (DateTime Written, long Length, bool IsDataset)> _files = [];
    FolderContent? _found;
    DateTime _foundAt;

    /// <exception cref="InputException">A folder does not exist.</exception>
    internal ShownFolders(IReadOnlyList<string> folders) =>
        _roots =
        [
            .. folders.Select(f => Directory.Exists(f)
                ? RealPath(Path.GetFullPath(f))
                : throw new InputException($"The folder {f} does not exist; name a folder with runs, datasets or evaluations.")),
        ];

    /// <summary>Returns what the folders have, searched again every few seconds.</summary>
    internal FolderContent Content()
    {
        lock (_access)
        {
            if (_found is null || DateTime.UtcNow - _foundAt > s_fresh)
            {
                _found = Search();
                _foundAt = DateTime.UtcNow;
            }
            return _found;
        }
    }

    /// <summary>Returns the full path of an address.</summary>
    /// <exception cref="PageException">The address leads outside of the folders, or to nothing.</exception>
    internal string Locate(string? address)
    {
        string[] parts = (address ?? "").Split('/');
        bool isPlain = parts.Skip(1).All(p => p.Length > 0 && p is not ("." or "..") && p.IndexOfAny(Path.GetInvalidFileNameChars()) < 0);
        if (!isPlain
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int root)
            || root < 1 || root > _roots.Length)
        {
            throw Absent();
        }
        string path = Path.Combine([_roots[root - 1], .. parts[1..]]);
        return Path.Exists(path) && IsInside(path) ? path : throw Absent();
    }

    /// <summary>Returns the address of a path; null if it is outside of the folders.</summary>
    internal string? AddressOf(string path)
    {
        string full = Path.GetFullPath(path);
        int root = Array.FindIndex(_roots, r => full == r || full.StartsWith(r + Path.DirectorySeparatorChar, StringComparison.Ordinal));
        return root < 0 ? null : Address(root, full);
    }

    /// <summary>Refuses a folder with a link to a file outside, which reading the folder would follow.</summary>
    /// <exception cref="PageException">An entry leads outside of the folders.</exception>
    internal string RequireOwn(string folder) => StrangerIn(folder) is { } stranger
        ? throw new PageException(403, $"{stranger} is a link that leads outside of the shown folders.")
        : folder;

    /// <summary>Returns the name of a link in a folder that leads outside; null for none.</summary>
    internal string? StrangerIn(string folder) =>
        new DirectoryInfo(folder).EnumerateFileSystemInfos().FirstOrDefault(e => e.LinkTarget is not null && !IsInside(e.FullName))?.Name;

    static PageException Absent() => new(404, "There is nothing at this address, or it is outside of the shown folders.");

    bool IsInside(string path)
    {
        string real = RealPath(path);
        return _roots.Any(r => real == r || real.StartsWith(r.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar,
            StringComparison.Ordinal));
    }

    /// <summary>Resolves every link of a path; a link that leads nowhere stays.</summary>
    static string RealPath(string path)
    {
        const int MostLinks = 40;
        string real = Path.GetPathRoot(path)!;
        Stack<string> rest = new(path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse());
        for (int links = 0; rest.Count > 0 && links < MostLinks;)
        {
            string next = Path.Combine(real, rest.Pop());
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }
            links++;
            string full = Path.GetFullPath(target, real);
            real = Path.GetPathRoot(full)!;
            foreach (string part in full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                rest.Push(part);
            }
        }
        return rest.Count == 0 ? real : ""; // links that lead in a circle are inside of nothing
    }

    FolderContent Search()
    {
        FolderContent found = new();
        int folders = 0;
        for (int root = 0; root < _roots.Length; root++)
        {
            Queue<(string Path, int Depth)> open = new([(_roots[root], 0)]);
            while (open.TryDequeue(out (string Path, int Depth) next))
            {
                if (++folders > MostFolders)
                {
                    found.Sort();
                    return found with { IsCut = true };
                }
                Visit(found, root, next.Path, next.Depth, open);
            }
        }
        found.Sort();
        return found;
    }

    void Visit(FolderContent found, int root, string path, int depth, Queue<(string, int)> open)
    {
        FileSystemInfo[] entries;
        try
        {
            entries = [.. new DirectoryInfo(path).EnumerateFileSystemInfos().Where(e => e.Name[0] != '.' && e.LinkTarget is null)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // a folder that this user may not read, or that has just been removed
        }
        bool Has(string name) => entries.Any(e => e.Name == name && e is FileInfo);
        DateTime written = entries.Select(e => e.LastWriteTimeUtc).DefaultIfEmpty().Max();
        bool isRun = RunDirectory.IsRun(path), isStudy = Has("study.json"), isEvaluation = !isStudy && Has(EvalFiles.ResultsName);
        if (isRun && IsOfOneModel(path))
        {
            found.Runs.Add(new(Address(root, path), NameOf(root, path), written));
        }
        if (isEvaluation)
        {
            found.Evaluations.Add(new(Address(root, path), NameOf(root, path), written));
        }
        if ((isStudy || Has("demo.json")) && Has("report.html"))
        {
            found.Reports.Add(new(Address(root, Path.Combine(path, "report.html")), NameOf(root, path), written));
        }
        foreach (FileInfo file in isRun || isEvaluation ? [] : entries.OfType<FileInfo>().Where(f => f.Extension == ".jsonl"))
        {
            if (IsDataset(file))
            {
                found.Datasets.Add(new(Address(root, file.FullName), NameOf(root, file.FullName), file.LastWriteTimeUtc));
            }
        }
        foreach (DirectoryInfo folder in depth < MostDepth ? entries.OfType<DirectoryInfo>() : [])
        {
            bool isClosed = (isRun && s_closed.Contains(folder.Name)) || (isEvaluation && folder.Name == PromptFiles.FolderName);
            if (!isClosed)
            {
                open.Enqueue((folder.FullName, depth + 1));
            }
        }
    }

    /// <summary>Tells a run from the folder of a command that makes several runs, which are below it.</summary>
    static bool IsOfOneModel(string path)
    {
        try
        {
            return RunManifest.Parse(RegularFile.ReadAllText(Path.Combine(path, "manifest.json"))).Command is "train" or "pretrain";
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InputException or IOException or UnauthorizedAccessException)
        {
            return true; // its page tells what is wrong
        }
    }

    bool IsDataset(FileInfo file)
    {
        (DateTime, long) now = (file.LastWriteTimeUtc, file.Length);
        if (!_files.TryGetValue(file.FullName, out (DateTime Written, long Length, bool IsDataset) known)
            || (known.Written, known.Length) != now)
        {
            known = _files[file.FullName] = (now.Item1, now.Item2, DatasetIndex.IsDataset(file.FullName));
        }
        return known.IsDataset;
    }

    string Address(int root, string path)
    {
        string relative = Path.GetRelativePath(_roots[root], path).Replace(Path.DirectorySeparatorChar, '/');
        string number = (root + 1).ToString(CultureInfo.InvariantCulture);
        return relative == "." ? number : $"{number}/{relative}";
    }

    string NameOf(int root, string path)
    {
        string relative = Path.GetRelativePath(_roots[root], path).Replace(Path.DirectorySeparatorChar, '/');
        string own = Path.GetFileName(_roots[root]);
        return relative == "." ? own : _roots.Length > 1 ? $"{own}/{relative}" : relative;
    }
}

/// <summary>Represents what the folders of a dashboard have.</summary>
sealed record FolderContent
{
    internal List<FoundItem> Runs { get; } = [];

    internal List<FoundItem> Datasets { get; } = [];

    internal List<FoundItem> Evaluations { get; } = [];

    /// <summary>Gets the reports of studies and demos.</summary>
    internal List<FoundItem> Reports { get; } = [];

    /// <summary>Gets whether there are more folders than are searched.</summary>
    internal bool IsCut { get; init; }

    internal void Sort()
    {
        foreach (List<FoundItem> items in (List<FoundItem>[])[Runs, Datasets, Evaluations, Reports])
        {
            items.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        }
    }
}

/// <summary>Represents a run, dataset, evaluation or report.</summary>
/// <param name="Address">As in <see cref="ShownFolders"/>.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Written">When it was last written, in UTC.</param>
sealed record FoundItem(string Address, string Name, DateTime Written);

/// <summary>Reports a page that cannot be shown.</summary>
/// <param name="status">Status of the reply.</param>
/// <param name="message">The reason, for the reader.</param>
sealed class PageException(int status, string message) : Exception(message)
{
    internal int Status => status;
}
