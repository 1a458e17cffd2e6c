namespace Farsight.Engine.Checkpoints;

/// <summary>Represents the settings of an adapter.</summary>
/// <param name="Rank">R: rows of A and columns of B, unless <see cref="RankPattern"/> overrides it.</param>
/// <param name="Alpha">α: the update B·A is scaled by α / R, or by α / √R if <see cref="RankStabilized"/>.</param>
/// <param name="Targets">Linear layers that it changes, by the last part of their names or the whole name: "q_proj"; empty with a
/// <see cref="TargetPattern"/>.</param>
/// <param name="ModulesToSave">Names of fully trained modules: "embed_tokens".</param>
/// <param name="BaseModelName">Folder or hub name of the base model; null if unknown.</param>
public sealed record AdapterDescription(
    int Rank, double Alpha, IReadOnlyList<string> Targets, IReadOnlyList<string> ModulesToSave, string? BaseModelName)
{
    /// <summary>
    /// Targets as a regular expression over whole module names, or "all-linear"; null if <see cref="Targets"/> lists them.
    /// </summary>
    public string? TargetPattern { get; init; }

    /// <summary>Excluded layers, by the last part of their names or the whole name.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>Excluded layers as a regular expression over whole module names; null for none.</summary>
    public string? ExcludedPattern { get; init; }

    /// <summary>Indices of the changed blocks; null for all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Whether the scale is α / √R (arXiv:2312.03732).</summary>
    public bool RankStabilized { get; init; }

    /// <summary>Ranks of individual layers. Keys are regular expressions for the end of a name; the first match counts.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>Values of α of individual layers, as in <see cref="RankPattern"/>.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>
    /// Whether a head that is tied to a trained embedding changes with it; null, which counts as true, if the file does not say.
    /// </summary>
    public bool? EnsureWeightTying { get; init; }

    /// <summary><see cref="ModelDirectory.Fingerprint"/> of the base model; null if unknown.</summary>
    public string? BaseFingerprint { get; init; }
}
