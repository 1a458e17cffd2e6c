using Farsight.Alignment.Hub;
using Farsight.Engine;

namespace Farsight.Evaluation.Core;

/// <summary>Represents the result of a download of data.</summary>
/// <param name="Files">Number of files that were downloaded.</param>
/// <param name="Bytes">Their size in bytes.</param>
/// <param name="ByHand">Missing files that are not downloaded: their license does not permit it, or their source is not known.</param>
public sealed record DownloadedEvalData(int Files, long Bytes, IReadOnlyList<EvalDataByHand> ByHand);

/// <summary>Represents files that a user has to fetch.</summary>
/// <param name="Paths">Paths below the data folder.</param>
/// <param name="IsOptional">Whether the tasks run without them.</param>
/// <param name="License">Name of the license, "none stated" or "unknown".</param>
/// <param name="Advice">Where to get them.</param>
/// <param name="Commands">Commands for a shell; may be empty.</param>
public sealed record EvalDataByHand(
    IReadOnlyList<string> Paths, bool IsOptional, string License, string Advice, IReadOnlyList<string> Commands);

/// <summary>Downloads the data of tasks whose license permits it, and lists the commands for the others.</summary>
/// <remarks>
/// Every file is checked. Files that exist are kept as they are. A folder gets its name when all of its files are present, so an
/// interrupted download never looks complete.
/// </remarks>
/// <param name="data">The data folder.</param>
public sealed class EvalDataDownload(EvalData data)
{
    readonly string _root = data.Root ?? throw new InputException(
        $"No data folder; set Data or the environment variable {EvalData.Variable} to the folder for the benchmarks' data.");

    internal EvalDataSources Sources { get; init; } = EvalDataSources.All;

    /// <summary>Replaces addresses, in tests.</summary>
    internal Func<Uri, Uri> Redirect { get; init; } = address => address;

    internal HubSettings Hub { get; init; } = HubSettings.FromEnvironment();

    /// <summary>Downloads the missing files of some tasks.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="progress">Receives the progress; null to ignore it.</param>
    /// <param name="cancel">Stops the download; the next call resumes it.</param>
    /// <exception cref="InputException">A server is not reachable or sends other content.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<DownloadedEvalData> Get(
        IEnumerable<IEvalTask> tasks, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        (EvalDataFile File, EvalDataSource Source)[] missing =
        [
            .. tasks.SelectMany(t => t.Card.Data).OrderBy(f => f.IsOptional).DistinctBy(f => f.Path)
                .Where(f => !data.HasOriginal(f)).Select(f => (f, Sources.Of(f))),
        ];
        string[] folders = [.. missing.Where(m => m.Source.Files.Count > 0 && m.File.Path.EndsWith('/')).Select(m => m.File.Path)];
        EvalDataOrigin[] files = [.. missing.SelectMany(m => m.Source.Files).DistinctBy(f => f.Path)];
        long total = files.Sum(f => f.Bytes ?? 0), done = 0;
        using FileDownloads downloads = new();
        foreach (EvalDataOrigin file in files)
        {
            long size = await Load(file, TargetOf(file.Path, folders), downloads, here => Report(file, done + here), cancel)
                .ConfigureAwait(false);
            done += size;
            Report(file, done);
        }
        foreach (string folder in folders)
        {
            Directory.Move(Unfinished(folder), In(folder.TrimEnd('/')));
        }
        return new(files.Length, done, ByHand(missing));

        void Report(EvalDataOrigin file, long bytes) => progress?.Report(new(file.Path, bytes, Math.Max(total, bytes)));
    }

    /// <summary>Downloads a file unless an earlier call has, and returns its size.</summary>
    async Task<long> Load(
        EvalDataOrigin file, string target, FileDownloads downloads, Action<long> progress, CancellationToken cancel)
    {
        if (File.Exists(target)) // in an unfinished folder, where only checked files have their names
        {
            return new FileInfo(target).Length;
        }
        if (file.Dataset is { } dataset)
        {
            HubDownload download = new(HubName.Dataset(dataset))
            {
                FileName = file.Name,
                Output = Path.GetDirectoryName(target),
                Settings = Hub,
            };
            return (await download.Run(new HubProgress(progress), cancel).ConfigureAwait(false)).Bytes;
        }
        await downloads.Get(new(Redirect(file.Address!), file.Bytes, new(file.Checksum!)), target, progress, cancel).ConfigureAwait(false);
        return new FileInfo(target).Length;
    }

    EvalDataByHand[] ByHand(IEnumerable<(EvalDataFile File, EvalDataSource Source)> missing) =>
    [
        .. missing.Where(m => m.Source.Files.Count == 0)
            .GroupBy(m => m.Source.Commands.Count > 0 ? string.Join('\n', m.Source.Commands) : m.File.Source)
            .Select(g => new EvalDataByHand(
                [.. g.Select(m => m.File.Path)],
                g.All(m => m.File.IsOptional),
                g.First().Source.License,
                g.First().File.Source,
                [.. g.First().Source.Commands.Select(c => c.Replace("{data}", _root, StringComparison.Ordinal))])),
    ];

    string TargetOf(string path, string[] folders) =>
        folders.FirstOrDefault(f => path.StartsWith(f, StringComparison.Ordinal)) is { } folder
            ? Path.Combine(Unfinished(folder), path[folder.Length..])
            : In(path);

    string Unfinished(string folder) => In(folder.TrimEnd('/')) + ".incomplete";

    string In(string path) => Path.Combine([_root, .. path.Split('/')]);

    sealed class HubProgress(Action<long> report) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => report(value.Done);
    }
}
