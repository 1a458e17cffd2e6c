namespace Farsight.Engine.Kernels;

/// <summary>Represents up to 96 consecutive keys of a bundle, either of its prefix or of its own.</summary>
/// <param name="Prefix">Whether First counts in the prefix, which every lane sees unless it is out
/// of its window, or among the own keys.</param>
/// <param name="First">Number of the first key.</param>
/// <param name="Count">Number of keys.</param>
readonly record struct AttentionKeyBlock(bool Prefix, int First, int Count)
{
    /// <summary>Returns how many of the keys, from the first on, matter to a block of lanes; 0 when none is seen.</summary>
    internal int SeenBy(AttentionLanes lanes, int laneBlock)
    {
        if (Prefix)
        {
            return lanes.FirstPrefixOf(laneBlock) >= First + Count ? 0 : Count;
        }
        (int first, int last) = lanes.Seen(laneBlock);
        return first >= First + Count ? 0 : Math.Clamp(last + 1 - First, 0, Count);
    }
}

/// <summary>Enumerates the key blocks that a chunk sees, the prefix first.</summary>
ref struct AttentionKeyBlocks
{
    readonly int _prefixEnd, _ownStart, _ownEnd;
    bool _prefix = true;
    int _next;

    internal AttentionKeyBlocks(AttentionBundle bundle, AttentionLanes lanes) =>
        (_next, _prefixEnd, _ownStart, _ownEnd) = (lanes.FirstPrefix, bundle.PrefixCount, lanes.FirstOwn, lanes.EndOwn);

    public AttentionKeyBlock Current { get; private set; }

    public readonly AttentionKeyBlocks GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_prefix && _next >= _prefixEnd)
        {
            (_prefix, _next) = (false, _ownStart);
        }
        int count = Math.Min(AttentionScratch.KeyBlock, (_prefix ? _prefixEnd : _ownEnd) - _next);
        Current = new(_prefix, _next, count);
        _next += count;
        return count > 0;
    }
}
