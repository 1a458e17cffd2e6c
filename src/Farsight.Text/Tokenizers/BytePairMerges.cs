using System.Buffers;

namespace Farsight.Text.Tokenizers;

/// <summary>Applies BPE merges to one piece: the adjacent pair that was learned first is merged first, from the left.</summary>
/// <remarks>
/// Source: arXiv:1508.07909, Algorithm 1. Short pieces are searched for the lowest rank again and again, which is quicker for
/// them; long ones take a linked list and a heap: n log n in the length of the piece.
/// </remarks>
sealed class BytePairMerges(MergeTable table)
{
    const int LongestSearched = 48;

    /// <summary>Merges in place and returns the number of tokens left at the beginning of <paramref name="ids"/>.</summary>
    internal int Apply(Span<int> ids) => ids.Length <= LongestSearched ? Search(ids) : Queue(ids);

    int Search(Span<int> ids)
    {
        Span<int> ranks = stackalloc int[LongestSearched]; // of the pair that begins here
        int pairs = ids.Length - 1;
        for (int i = 0; i < pairs; i++)
        {
            ranks[i] = table.Rank(ids[i], ids[i + 1]);
        }
        while (pairs > 0 && Lowest(ranks[..pairs]) is var at && ranks[at] != MergeTable.Never)
        {
            ids[at] = table.Merged(ranks[at]);
            ids[(at + 2)..(pairs + 1)].CopyTo(ids[(at + 1)..]);
            ranks[(at + 1)..pairs].CopyTo(ranks[at..]);
            pairs--;
            if (at < pairs)
            {
                ranks[at] = table.Rank(ids[at], ids[at + 1]);
            }
            if (at > 0)
            {
                ranks[at - 1] = table.Rank(ids[at - 1], ids[at]);
            }
        }
        return pairs + 1;
    }

    static int Lowest(ReadOnlySpan<int> ranks)
    {
        int lowest = 0;
        for (int i = 1; i < ranks.Length; i++)
        {
            lowest = ranks[i] < ranks[lowest] ? i : lowest;
        }
        return lowest;
    }

    int Queue(Span<int> ids)
    {
        int[] rented = ArrayPool<int>.Shared.Rent(3 * ids.Length);
        Links links = new(ids, rented, table);
        PriorityQueue<int, ulong> candidates = new(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            links.Join(i, i - 1);
            Offer(candidates, links, i);
        }
        while (candidates.TryDequeue(out int at, out ulong priority))
        {
            if (links.Rank[at] == (int)(priority >> 32)) // else one of the two has been merged with another neighbor meanwhile
            {
                links.Merge(at);
                Offer(candidates, links, at);
                Offer(candidates, links, links.Previous[at]);
            }
        }
        int count = links.Compact();
        ArrayPool<int>.Shared.Return(rented);
        return count;
    }

    static void Offer(PriorityQueue<int, ulong> candidates, Links links, int at)
    {
        if (at >= 0 && links.Rank[at] != MergeTable.Never)
        {
            candidates.Enqueue(at, ((ulong)links.Rank[at] << 32) | (uint)at);
        }
    }

    /// <summary>Represents the tokens of a piece as a linked list, each with the rank of the pair that it begins.</summary>
    readonly ref struct Links
    {
        readonly Span<int> _ids;
        readonly MergeTable _table;

        internal Links(Span<int> ids, Span<int> room, MergeTable table)
        {
            _ids = ids;
            _table = table;
            Rank = room[..ids.Length];
            Previous = room.Slice(ids.Length, ids.Length);
            Next = room.Slice(2 * ids.Length, ids.Length);
        }

        internal Span<int> Rank { get; }

        internal Span<int> Previous { get; }

        Span<int> Next { get; }

        /// <summary>Puts a token after the one before it, in the order of the text.</summary>
        internal void Join(int at, int previous)
        {
            Previous[at] = previous;
            Next[at] = at + 1 < _ids.Length ? at + 1 : -1;
            Rank[at] = RankAt(at);
        }

        internal void Merge(int at)
        {
            int gone = Next[at];
            _ids[at] = _table.Merged(Rank[at]);
            Next[at] = Next[gone];
            Rank[gone] = MergeTable.Never;
            Rank[at] = RankAt(at);
            if (Next[at] >= 0)
            {
                Previous[Next[at]] = at;
            }
            if (Previous[at] >= 0)
            {
                Rank[Previous[at]] = RankAt(Previous[at]);
            }
        }

        /// <summary>Compacts the remaining tokens and returns their number.</summary>
        internal int Compact()
        {
            int count = 0;
            for (int at = 0; at >= 0; at = Next[at])
            {
                _ids[count++] = _ids[at];
            }
            return count;
        }

        int RankAt(int at) => Next[at] >= 0 ? _table.Rank(_ids[at], _ids[Next[at]]) : MergeTable.Never;
    }
}
