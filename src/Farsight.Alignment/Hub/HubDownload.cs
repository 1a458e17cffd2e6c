using System.IO.Enumeration;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Hub;

/// <summary>Represents the progress of a download.</summary>
/// <param name="File">Name of the current file.</param>
/// <param name="Done">Bytes that are present, of all files.</param>
/// <param name="Total">Bytes of all files.</param>
public sealed record DownloadProgress(string File, long Done, long Total);

/// <summary>Represents the result of a download.</summary>
/// <param name="Path">The folder of the files, or the file if one was requested.</param>
/// <param name="Files">Number of files.</param>
/// <param name="Bytes">Size of all files in bytes.</param>
/// <param name="Downloaded">Bytes that were not present before.</param>
public sealed record DownloadedModel(string Path, int Files, long Bytes, long Downloaded);

/// <summary>
/// Downloads a model from the Hugging Face hub into the cache that all Hugging Face libraries share, or into a folder.
/// </summary>
/// <remarks>
/// Only the files that Farsight reads are downloaded: configuration, tokenizer, chat template and safetensors. The cache stores a file
/// once, under its checksum in blobs/; snapshots/COMMIT/ links to it. Where the system has no links, the snapshot holds the file.
/// </remarks>
/// <param name="name">The repository and revision.</param>
public sealed class HubDownload(HubName name)
{
    readonly HubName _name = name;

    const string Weights = "model.safetensors", Index = "model.safetensors.index.json", Adapter = "adapter_model.safetensors";

    static readonly string[] s_companions =
    [
        "config.json", "generation_config.json", "adapter_config.json", "*token*.json", "tokenizer.model", "vocab.json", "merges.txt",
        "chat_template.*",
    ];

    /// <summary>The only file to download, such as a GGUF file; null for the files of a model.</summary>
    public string? FileName { get; init; }

    /// <summary>The folder for the files; null for the cache.</summary>
    public string? Output { get; init; }

    /// <summary>Cache, server and token.</summary>
    public HubSettings Settings { get; init; } = HubSettings.FromEnvironment();

    /// <summary>Wait after the first failed attempt.</summary>
    internal TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether the file system has symbolic links.</summary>
    internal bool HasLinks { get; init; } = true;

    /// <summary>Returns the whole model as an earlier download left it in the cache; null for none.</summary>
    DownloadedModel? InCache()
    {
        if (FileName is not null || Output is not null || HubCache.Find(_name, Settings) is not { } found)
        {
            return null;
        }
        string[] files = File.Exists(found) ? [found] : Directory.GetFiles(found, "*", SearchOption.AllDirectories);
        return new(found, files.Length, files.Sum(f => new FileInfo(f).ResolveLinkTarget(returnFinalTarget: true) is FileInfo blob
            ? blob.Length
            : new FileInfo(f).Length), 0);
    }

    /// <summary>Downloads the files that are missing. Offline, only a model in the cache is returned.</summary>
    /// <param name="progress">Receives the progress; null to ignore it.</param>
    /// <param name="cancel">Stops the download; the next call resumes it.</param>
    /// <exception cref="InputException">
    /// The hub is not reachable or refuses, the repository has no usable files, or a file is damaged or does not fit on the disk.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<DownloadedModel> Run(IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        if (Settings.IsOffline)
        {
            return InCache()
                ?? throw new InputException($"HF_HUB_OFFLINE is set, which forbids downloads, and the cache has no {_name}; unset it.");
        }
        HubToken? token = Settings.ReadToken();
        using FileDownloads downloads = new(new WebRequests(token, usesProxy: !Settings.Address("").IsLoopback)) { Pause = Pause };
        HubRepository repository = await HubRepository.Open(_name, Settings, token, downloads, cancel).ConfigureAwait(false);
        Transfer transfer = new(this, repository, token, downloads, progress);
        List<string> paths = [.. Selected(repository)];
        if (FileName is null && !paths.Contains(Weights) && paths.Contains(Index))
        {
            string index = await transfer.Get(Index, cancel).ConfigureAwait(false);
            paths.AddRange(Shards(index, repository));
        }
        transfer.Plan(paths);
        foreach (string path in paths)
        {
            await transfer.Get(path, cancel).ConfigureAwait(false);
        }
        if (Output is null && _name.Revision != repository.Commit)
        {
            AtomicFile.WriteText(Path.Combine(HubCache.FolderOf(_name, Settings), "refs", _name.Revision), repository.Commit);
        }
        string folder = transfer.Folder;
        return new(FileName is null ? folder : transfer.Target(FileName), paths.Count, paths.Sum(repository.SizeOf), transfer.Downloaded);
    }

    /// <summary>Returns the files to download, without the shards of an index.</summary>
    IEnumerable<string> Selected(HubRepository repository)
    {
        if (FileName is not null)
        {
            return repository.Paths.Contains(FileName)
                ? [FileName]
                : throw new InputException($"{_name} has no file '{FileName}'. It has {Some(repository.Paths)}.");
        }
        HashSet<string> all = [.. repository.Paths];
        string[] weights = [.. ((string[])[Weights, Adapter]).Where(all.Contains)];
        weights = weights.Length == 0 && all.Contains(Index) ? [Index] : weights;
        return weights.Length > 0 ? all.Where(IsCompanion).Concat(weights).Order(StringComparer.Ordinal) : throw NoWeights(all);
    }

    static bool IsCompanion(string path) =>
        (!path.Contains('/') && s_companions.Any(p => FileSystemName.MatchesSimpleExpression(p, path, ignoreCase: false)))
        || (path.StartsWith("additional_chat_templates/", StringComparison.Ordinal) && path.EndsWith(".jinja", StringComparison.Ordinal));

    InputException NoWeights(HashSet<string> all)
    {
        string[] gguf = [.. all.Where(f => f.EndsWith(".gguf", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string[] pickled = [.. all.Where(f => Path.GetExtension(f) is ".bin" or ".pth")];
        string? tensors = all.FirstOrDefault(f => f.EndsWith(".safetensors", StringComparison.Ordinal));
        return new(
            gguf.Length > 0 ? $"{_name} has GGUF files; set FileName to one of them: {Some(gguf)}."
            : tensors is not null ? $"{_name} has no {Weights} in its first folder, only files such as {tensors}; it is not a model that "
                + "transformers loads."
            : pickled.Length > 0 ? $"{_name} has only PyTorch weights ({Some(pickled)}), which can run code and are not read. Convert "
                + "them: python -c \"from transformers import AutoModelForCausalLM as M, AutoTokenizer as T; "
                + $"p='{_name.Id}'; o='{_name.Id.Split('/')[1]}'; "
                + "M.from_pretrained(p, torch_dtype='auto').save_pretrained(o); T.from_pretrained(p).save_pretrained(o)\""
            : $"{_name} has no weights; it has {Some(all)}.");
    }

    static string Some(IEnumerable<string> names)
    {
        const int Shown = 12;
        string[] all = [.. names];
        return string.Join(", ", all.Take(Shown)) + (all.Length > Shown ? $" and {all.Length - Shown} more" : "");
    }

    string[] Shards(string index, HubRepository repository)
    {
        string[] shards;
        try
        {
            using JsonDocument document = JsonDocument.Parse(RegularFile.ReadAllBytes(index));
            shards =
            [
                .. document.RootElement.GetProperty("weight_map").EnumerateObject().Select(p => p.Value.GetString() ?? "")
                    .Distinct().Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InputException($"{_name}: {Index} lists no weights; the repository is damaged.", e);
        }
        return shards.FirstOrDefault(s => !repository.Paths.Contains(s)) is { } missing
            ? throw new InputException($"{_name}: {Index} names {missing}, which the repository does not have.")
            : shards;
    }

    /// <summary>Stores the files of one repository.</summary>
    sealed class Transfer(
        HubDownload download, HubRepository repository, HubToken? token, FileDownloads downloads, IProgress<DownloadProgress>? progress)
    {
        readonly string _root = HubCache.FolderOf(download._name, download.Settings);
        long _done, _total;

        internal string Folder => download.Output ?? Path.Combine(_root, "snapshots", repository.Commit);

        internal long Downloaded { get; private set; }

        /// <summary>Sets the total of the progress, and checks that the missing files fit on the disk.</summary>
        internal void Plan(IReadOnlyCollection<string> paths)
        {
            (_done, _total) = (0, paths.Sum(repository.SizeOf));
            long missing = paths.Where(p => !File.Exists(Target(p))).Sum(repository.SizeOf);
            Directory.CreateDirectory(Folder);
            long free = new DriveInfo(Path.GetFullPath(Folder)).AvailableFreeSpace;
            if (missing > free)
            {
                throw new InputException(
                    $"{download._name} needs {missing >> 20} MiB, but the disk of {Folder} has {free >> 20} MiB free; free some space, or "
                        + "use another output folder or HF_HUB_CACHE.");
            }
        }

        /// <summary>Downloads a file unless it is present, and returns its path.</summary>
        internal async Task<string> Get(string path, CancellationToken cancel)
        {
            string target = Target(path);
            if (download.Output is not null || !File.Exists(target))
            {
                WebFile file = await repository.FileAt(path, token, cancel).ConfigureAwait(false);
                Task stored = download.Output is null ? Cache(file, path, target, cancel) : Store(file, path, target, cancel);
                await stored.ConfigureAwait(false);
            }
            _done += repository.SizeOf(path);
            progress?.Report(new(path, _done, _total));
            return target;
        }

        internal string Target(string path) => Path.Combine([Folder, .. path.Split('/')]);

        /// <summary>Puts a file into a folder of the user's.</summary>
        async Task Store(WebFile file, string path, string target, CancellationToken cancel)
        {
            if (!File.Exists(target))
            {
                await Load(file, path, target, cancel).ConfigureAwait(false);
                return;
            }
            using FileStream present = RegularFile.OpenRead(target);
            if (await file.Checksum!.Compute(present, cancel).ConfigureAwait(false) != file.Checksum.Value)
            {
                throw new InputException($"{target} exists and is another file than that of {download._name}; remove it, or use another "
                    + "output folder.");
            }
        }

        /// <summary>Puts a file into blobs/ and links to it.</summary>
        async Task Cache(WebFile file, string path, string target, CancellationToken cancel)
        {
            string blob = Path.Combine(_root, "blobs", file.Checksum!.Value);
            if (!File.Exists(blob))
            {
                await Load(file, path, blob, cancel).ConfigureAwait(false);
            }
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            try
            {
                if (download.HasLinks)
                {
                    File.Delete(target); // a link whose blob was removed
                    File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, blob));
                    return;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException && OperatingSystem.IsWindows())
            {
                // Without the developer mode, Windows forbids links.
            }
            File.Move(blob, target);
        }

        async Task Load(WebFile file, string path, string target, CancellationToken cancel)
        {
            long before = FileDownloads.Stored(target);
            try
            {
                await downloads.Get(file, target, done => progress?.Report(new(path, _done + done, _total)), cancel).ConfigureAwait(false);
            }
            catch (DownloadRefusedException e)
            {
                throw HubRepository.Explain(e, download._name, download.Settings, token);
            }
            Downloaded += new FileInfo(target).Length - before;
        }
    }
}
