using System.Runtime.InteropServices;

namespace Farsight.Alignment.Text;

/// <summary>The merges of a byte-level BPE, applied to one piece: the adjacent pair that was learned first is merged first, from the left.</summary>
/// <remarks>Source: arXiv:1508.07909, Algorithm 1. A linked list and a heap: n log n in the length of the piece.</remarks>
sealed class BytePairMerges
{
    readonly int[] _idOfByte;
    readonly Dictionary<(int Left, int Right), (int Rank, int Merged)> _merges;

    /// <param name="idOfByte">The ids of the 256 single-byte tokens.</param>
    /// <param name="merges">Pairs and what they become; learned earlier = lower rank.</param>
    internal BytePairMerges(int[] idOfByte, Dictionary<(int Left, int Right), (int Rank, int Merged)> merges)
    {
        _idOfByte = idOfByte;
        _merges = merges;
    }

    /// <param name="piece">The bytes of one piece.</param>
    /// <param name="candidates">Room to work in, of one thread.</param>
    internal int[] Apply(ReadOnlySpan<byte> piece, PriorityQueue<Candidate, long> candidates)
    {
        Span<Link> links = piece.Length <= 64 ? stackalloc Link[piece.Length] : new Link[piece.Length];
        for (int i = 0; i < piece.Length; i++)
        {
            links[i] = new() { Id = _idOfByte[piece[i]], Previous = i - 1, Next = i + 1 < piece.Length ? i + 1 : -1 };
        }
        for (int i = 0; i + 1 < links.Length; i++)
        {
            Offer(candidates, links, i);
        }
        int count = piece.Length;
        while (candidates.TryDequeue(out Candidate candidate, out _))
        {
            count -= Merge(candidates, links, candidate) ? 1 : 0;
        }
        return Ids(links, count);
    }

    void Offer(PriorityQueue<Candidate, long> candidates, ReadOnlySpan<Link> links, int at)
    {
        (int, int) pair = (links[at].Id, links[links[at].Next].Id);
        if (_merges.TryGetValue(pair, out (int Rank, int Merged) merge))
        {
            candidates.Enqueue(new(at, pair.Item1, pair.Item2, merge.Merged), ((long)merge.Rank << 32) | (uint)at);
        }
    }

    bool Merge(PriorityQueue<Candidate, long> candidates, Span<Link> links, Candidate candidate)
    {
        ref Link left = ref links[candidate.At];
        if (left.Id != candidate.Left || left.Next < 0 || links[left.Next].Id != candidate.Right)
        {
            return false; // one of the two has been merged with another neighbour meanwhile
        }
        int gone = left.Next;
        left.Id = candidate.Merged;
        left.Next = links[gone].Next;
        links[gone].Id = -1;
        if (left.Next >= 0)
        {
            links[left.Next].Previous = candidate.At;
            Offer(candidates, links, candidate.At);
        }
        if (left.Previous >= 0)
        {
            Offer(candidates, links, left.Previous);
        }
        return true;
    }

    static int[] Ids(ReadOnlySpan<Link> links, int count)
    {
        int[] ids = new int[count];
        for (int i = 0, at = 0; i < count; i++, at = links[at].Next)
        {
            ids[i] = links[at].Id;
        }
        return ids;
    }

    [StructLayout(LayoutKind.Auto)]
    struct Link
    {
        internal int Id, Previous, Next;
    }

    internal readonly record struct Candidate(int At, int Left, int Right, int Merged);
}
