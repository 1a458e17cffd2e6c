using Farsight.Engine.Kernels;

namespace Farsight.Engine.Inference;

/// <summary>The rows of a cache that belong to one sequence.</summary>
/// <param name="parent">The sequence it begins with; null for none.</param>
/// <param name="start">First row.</param>
/// <param name="capacity">Rows.</param>
sealed class Stretch(Stretch? parent, int start, int capacity)
{
    IReadOnlyList<KeyRange>? _shared;

    internal int Start => start;

    internal int Capacity => capacity;

    /// <summary>Rows that are taken.</summary>
    internal int Own { get; set; }

    /// <summary>Tokens of the sequence, with those it shares.</summary>
    internal int Length => Own + (_shared?.Sum(r => r.Count) ?? parent?.Length ?? 0);

    /// <summary>Rows of others that come before its own; from the first call on they stay as they are.</summary>
    internal IReadOnlyList<KeyRange> Shared => _shared ??= parent?.Before(parent.Own) ?? [];

    /// <summary>The rows that the one after <paramref name="own"/> own ones sees.</summary>
    internal IReadOnlyList<KeyRange> Before(int own) =>
        own == 0 ? Shared
        : Shared.Count > 0 && Shared[^1].End == start ? [.. Shared.SkipLast(1), new(Shared[^1].Start, Shared[^1].Count + own)]
        : [.. Shared, new(start, own)];
}
