using System.Numerics;

namespace Farsight.Text.Tokenizers;

/// <summary>Maps pairs to merges in an open-addressing table of 16 bytes per slot, at most half full.</summary>
sealed class MergeTable
{
    /// <summary>The rank of a pair that is never merged.</summary>
    internal const int Never = int.MaxValue;

    // no id is that large, so no pair looks like an empty slot
    const ulong Empty = ulong.MaxValue;

    readonly Slot[] _slots;
    readonly int _shift;
    readonly int[] _merged;

    /// <param name="merges">Pairs and what they become; learned earlier = lower rank. If a pair
    /// occurs twice, the later rank counts.</param>
    internal MergeTable(IReadOnlyList<Merge> merges)
    {
        int bits = 33 - BitOperations.LeadingZeroCount((uint)Math.Max(merges.Count, 8));
        _shift = 64 - bits;
        _slots = new Slot[1 << bits];
        Array.Fill(_slots, new(Empty, Never));
        _merged = [.. merges.Select(m => m.Merged)];
        for (int rank = 0; rank < merges.Count; rank++)
        {
            ulong pair = Pair(merges[rank].Left, merges[rank].Right);
            _slots[SlotOf(pair)] = new(pair, rank);
        }
    }

    /// <summary>Returns the rank of a pair, or <see cref="Never"/>.</summary>
    internal int Rank(int left, int right) => _slots[SlotOf(Pair(left, right))].Rank;

    /// <summary>Returns the token of the merge with this rank.</summary>
    internal int Merged(int rank) => _merged[rank];

    int SlotOf(ulong pair)
    {
        int at = (int)((pair * 0x9E3779B97F4A7C15) >> _shift);
        while (_slots[at].Pair != pair && _slots[at].Pair != Empty)
        {
            at = (at + 1) & (_slots.Length - 1);
        }
        return at;
    }

    static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    readonly record struct Slot(ulong Pair, int Rank);
}

/// <summary>Represents two tokens and the token into which they merge.</summary>
readonly record struct Merge(int Left, int Right, int Merged);
