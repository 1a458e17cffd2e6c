using Farsight.Engine.Kernels;

namespace Farsight.Engine.Inference;

/// <summary>Represents the rows of a cache that belong to one sequence: one range, or several where a sequence has grown.</summary>
sealed class CachedSequence
{
    readonly CachedSequence? _parent;
    readonly List<KeyRange> _ranges;
    IReadOnlyList<KeyRange>? _shared;

    /// <summary>Creates the rows of a sequence.</summary>
    /// <param name="parent">The sequence whose tokens it begins with; null for none.</param>
    /// <param name="start">First cache row.</param>
    /// <param name="capacity">Maximum number of own rows.</param>
    internal CachedSequence(CachedSequence? parent, int start, int capacity) => (_parent, _ranges) = (parent, [new(start, capacity)]);

    /// <summary>Creates the rows of a sequence that begins with given rows of others.</summary>
    internal CachedSequence(IReadOnlyList<KeyRange> shared, KeyRange own)
        : this(null, own.Start, own.Count) => _shared = shared;

    /// <summary>Ranges of own rows, in the order of the tokens.</summary>
    internal IReadOnlyList<KeyRange> Ranges => _ranges;

    /// <summary>Row after the last own row.</summary>
    internal int End => _ranges[^1].End;

    /// <summary>Maximum number of own rows.</summary>
    internal int Capacity => _ranges.Sum(r => r.Count);

    /// <summary>Number of rows in use.</summary>
    internal int Own { get; set; }

    /// <summary>Number of tokens, including shared ones.</summary>
    internal int Length => Own + (_shared?.Sum(r => r.Count) ?? _parent?.Length ?? 0);

    /// <summary>Position of the next token minus <see cref="Length"/>: 0 unless a piece brought positions of its own.</summary>
    internal int Offset
    {
        get => Own > 0 ? field : _parent?.Offset ?? 0;
        set;
    }

    /// <summary>Rows of other sequences before its own; fixed by the first call.</summary>
    internal IReadOnlyList<KeyRange> Shared => _shared ??= _parent?.Before(_parent.Own) ?? [];

    /// <summary>Returns the rows that the row after <paramref name="own"/> own rows sees.</summary>
    internal IReadOnlyList<KeyRange> Before(int own)
    {
        if (own == 0)
        {
            return Shared;
        }
        List<KeyRange> seen = [.. Shared];
        foreach (KeyRange range in _ranges)
        {
            int count = Math.Min(own, range.Count);
            if (count > 0)
            {
                Append(seen, new(range.Start, count));
            }
            own -= count;
        }
        return seen;
    }

    /// <summary>Returns the own rows from a number on.</summary>
    internal IReadOnlyList<KeyRange> From(int own)
    {
        List<KeyRange> rest = [];
        foreach (KeyRange range in _ranges)
        {
            int skipped = Math.Min(own, range.Count);
            if (skipped < range.Count)
            {
                rest.Add(new(range.Start + skipped, range.Count - skipped));
            }
            own -= skipped;
        }
        return rest;
    }

    /// <summary>Adds rows for later tokens.</summary>
    internal void Grow(KeyRange rows) => Append(_ranges, rows);

    /// <summary>Gives up the own rows from a number on, and returns them.</summary>
    internal IReadOnlyList<KeyRange> Trim(int own)
    {
        IReadOnlyList<KeyRange> rest = From(own);
        int count = Capacity - rest.Sum(r => r.Count);
        for (int i = 0; i < _ranges.Count; i++)
        {
            int kept = Math.Min(count, _ranges[i].Count);
            _ranges[i] = new(_ranges[i].Start, kept);
            count -= kept;
        }
        _ranges.RemoveAll(r => r.Count == 0);
        Own = Math.Min(Own, own);
        return rest;
    }

    static void Append(List<KeyRange> ranges, KeyRange next)
    {
        if (ranges.Count > 0 && ranges[^1].End == next.Start)
        {
            ranges[^1] = new(ranges[^1].Start, ranges[^1].Count + next.Count);
            return;
        }
        ranges.Add(next);
    }
}
