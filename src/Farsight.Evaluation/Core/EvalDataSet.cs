namespace Farsight.Evaluation.Core;

/// <summary>Represents the data of a benchmark, or of a task that belongs to none.</summary>
/// <param name="Name">Name that --task accepts.</param>
/// <param name="State">"present", "partial", "missing", or "not needed" for tasks that generate their examples.</param>
/// <param name="Found">Number of required files and folders that are present.</param>
/// <param name="Required">Number of required files and folders.</param>
/// <param name="Bytes">Size of those required files whose size is known, as they are downloaded.</param>
/// <param name="HasUnknownSize">Whether there are others.</param>
/// <param name="Download">"all", "part" or "none": the share of the required files that 'farsight eval data get' downloads.</param>
/// <param name="Licenses">Licenses of the required files.</param>
/// <param name="Sources">Sources of the required files.</param>
public sealed record EvalDataSet(
    string Name,
    string State,
    int Found,
    int Required,
    long Bytes,
    bool HasUnknownSize,
    string Download,
    IReadOnlyList<string> Licenses,
    IReadOnlyList<string> Sources)
{
    /// <summary>Returns the data of all benchmarks, sorted by name.</summary>
    public static IReadOnlyList<EvalDataSet> All(EvalData data) =>
    [
        .. EvalTaskCatalog.All.GroupBy(t => t.Card.Benchmark is { Length: > 0 } benchmark ? benchmark : t.Card.Name)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => Of(g.Key, g, data, EvalDataSources.All)),
    ];

    /// <summary>Returns the data of some tasks under a name.</summary>
    internal static EvalDataSet Of(string name, IEnumerable<IEvalTask> tasks, EvalData data, EvalDataSources sources)
    {
        EvalDataFile[] files = [.. tasks.SelectMany(t => t.Card.Data).Where(f => !f.IsOptional).DistinctBy(f => f.Path)];
        EvalDataSource[] from = [.. files.Select(sources.Of)];
        int found = files.Count(data.HasOriginal), downloads = from.Count(s => s.Files.Count > 0);
        EvalDataOrigin[] origins = [.. from.SelectMany(s => s.Files).DistinctBy(f => f.Path)];
        return new(
            name,
            files.Length == 0 ? "not needed" : found == files.Length ? "present" : found == 0 ? "missing" : "partial",
            found,
            files.Length,
            origins.Sum(o => o.Bytes ?? 0),
            downloads < files.Length || origins.Any(o => o.Bytes is null),
            downloads == files.Length ? "all" : downloads == 0 ? "none" : "part",
            [.. from.Select(s => s.License).Distinct()],
            [.. from.Select(s => s.Source).Distinct()]);
    }
}
