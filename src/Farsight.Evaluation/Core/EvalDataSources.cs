using System.Text.Json;

namespace Farsight.Evaluation.Core;

/// <summary>Lists where the files of the data folder come from: license, address, size and checksum, or the commands of a user.</summary>
/// <remarks>
/// eval-data.json lists as downloads only files whose license permits copying and whose content is pinned by a commit or a checksum. Sizes
/// that are not listed are unknown.
/// </remarks>
sealed class EvalDataSources
{
    static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    static readonly Lazy<EvalDataSources> s_all = new(() =>
    {
        using Stream stream = typeof(EvalDataSources).Assembly.GetManifestResourceStream("eval-data.json")!;
        return Read(stream);
    });

    readonly Table _table;

    EvalDataSources(Table table) => _table = table;

    /// <summary>The sources of the tasks' files.</summary>
    internal static EvalDataSources All => s_all.Value;

    internal static EvalDataSources Read(Stream json) => new(JsonSerializer.Deserialize<Table>(json, s_json)!);

    /// <summary>Returns the source of a task's file or folder; of an unknown one, the text of the task with an unknown license.</summary>
    internal EvalDataSource Of(EvalDataFile file)
    {
        bool Serves(Listed listed) => (listed.For ?? listed.Path) == file.Path || (IsFolder(file.Path) && IsIn(listed.Path, file.Path));
        if (_table.Downloads.FirstOrDefault(d => d.Files.Any(Serves)) is { } download)
        {
            return new(download.License, download.Source)
            {
                Files = [.. download.Files.Where(Serves).Select(f => new EvalDataOrigin(f.Path, f.Name, f.Bytes, f.Checksum)
                {
                    Address = download.Base is { } root ? new Uri(root + f.Name) : null,
                    Dataset = download.Dataset,
                })],
            };
        }
        ByHand? hand = _table.ByHand.Where(h => h.Path == file.Path || (IsFolder(h.Path) && IsIn(file.Path, h.Path)))
            .MaxBy(h => h.Path.Length);
        return hand is null ? new("unknown", file.Source) : new(hand.License, hand.Source) { Commands = hand.Commands ?? [] };
    }

    static bool IsFolder(string path) => path.EndsWith('/');

    static bool IsIn(string path, string folder) => path.StartsWith(folder, StringComparison.Ordinal);

    sealed record Table(IReadOnlyList<Download> Downloads, IReadOnlyList<ByHand> ByHand);

    sealed record Download(string License, string Source, string? Base, string? Dataset, IReadOnlyList<Listed> Files);

    sealed record Listed(string Name, string Path, string? For, long? Bytes, string? Checksum);

    sealed record ByHand(string Path, string License, string Source, IReadOnlyList<string>? Commands);
}

/// <summary>Represents where a file or folder of the data folder comes from.</summary>
/// <param name="License">Name of the license, "none stated" or "unknown".</param>
/// <param name="Source">Repository with its commit, or the name of the publisher.</param>
sealed record EvalDataSource(string License, string Source)
{
    /// <summary>Files that may be downloaded; empty where a user has to fetch them.</summary>
    internal IReadOnlyList<EvalDataOrigin> Files { get; init; } = [];

    /// <summary>Commands for a shell that fetch the files, with {data} for the data folder; empty if none are known.</summary>
    internal IReadOnlyList<string> Commands { get; init; } = [];
}

/// <summary>Represents a file to download.</summary>
/// <param name="Path">Path below the data folder.</param>
/// <param name="Name">Name at its source.</param>
/// <param name="Bytes">Size; null if unknown.</param>
/// <param name="Checksum">SHA-256, or SHA-1 as git computes it; null for a file of the hub, which names it.</param>
sealed record EvalDataOrigin(string Path, string Name, long? Bytes, string? Checksum)
{
    /// <summary>Address; null for a file of a dataset on the hub.</summary>
    internal Uri? Address { get; init; }

    /// <summary>Name of the dataset on the hub; null for a file of another server.</summary>
    internal string? Dataset { get; init; }
}
