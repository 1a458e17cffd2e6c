namespace Farsight.Engine.Checkpoints;

/// <summary>What an adapter is, apart from its numbers.</summary>
/// <param name="Rank">R: rows of A, columns of B, unless <see cref="RankPattern"/> says otherwise.</param>
/// <param name="Alpha">α: the update B·A is scaled by α / R, or α / √R where <see cref="RankStabilized"/>.</param>
/// <param name="Targets">The linear layers it changes, by the last part of their names or all of it: "q_proj"; empty with a
/// <see cref="TargetPattern"/>.</param>
/// <param name="ModulesToSave">Names of the modules that were trained whole: "embed_tokens".</param>
/// <param name="BaseModelName">Folder or hub name of the model it belongs to; null if unknown.</param>
public sealed record AdapterDescription(
    int Rank, double Alpha, IReadOnlyList<string> Targets, IReadOnlyList<string> ModulesToSave, string? BaseModelName)
{
    /// <summary>
    /// The targets as a regular expression over whole module names, or "all-linear"; null when <see cref="Targets"/> names them.
    /// </summary>
    public string? TargetPattern { get; init; }

    /// <summary>Layers that are left out although the targets name them, by the last part of their names or all of it.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>The same as a regular expression over whole module names; null for none.</summary>
    public string? ExcludedPattern { get; init; }

    /// <summary>Numbers of the blocks that are changed; null for all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>The scale is α / √R (arXiv:2312.03732).</summary>
    public bool RankStabilized { get; init; }

    /// <summary>Ranks of layers that differ: the first key, a regular expression for the end of a name, that fits.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>The same for α.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>
    /// Whether a head that was tied to a trained embedding moves with it; null where the file does not say, which counts as true.
    /// </summary>
    public bool? EnsureWeightTying { get; init; }

    /// <summary>What <see cref="ModelDirectory.Fingerprint"/> gave for the model it was trained on; null if unknown.</summary>
    public string? BaseFingerprint { get; init; }
}
