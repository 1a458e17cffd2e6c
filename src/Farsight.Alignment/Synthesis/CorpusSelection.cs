using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Keeps of a corpus of any size what fits into a budget: all of it, or documents drawn by seed and name, whatever their order.
/// </summary>
/// <remarks>Each document has a rank, and the lowest ranks that fit together are kept. A document above a rank that did not fit is not even
/// cut.</remarks>
sealed class CorpusSelection(int seed, long mostTokens)
{
    readonly PriorityQueue<(int Order, Passage Document), ulong> _kept = new(Comparer<ulong>.Create((a, b) => b.CompareTo(a)));
    long _tokens;
    ulong _limit = ulong.MaxValue;

    /// <summary>Documents offered.</summary>
    internal int Offered { get; private set; }

    /// <summary>What is kept, in the order in which it was offered.</summary>
    internal IEnumerable<Passage> Kept => _kept.UnorderedItems.Select(i => i.Element).OrderBy(d => d.Order).Select(d => d.Document);

    /// <summary>Takes a document if its rank lets it.</summary>
    /// <param name="id">Decides the rank, with the seed.</param>
    /// <param name="cut">Cuts it; called only when it may be kept.</param>
    internal void Offer(string id, Func<Passage> cut)
    {
        int order = Offered++;
        ulong rank = SeededRandom.For(seed, $"synth/documents/{id}", 0).NextUInt64();
        if (rank >= _limit)
        {
            return;
        }
        Passage document = cut();
        _kept.Enqueue((order, document), rank);
        _tokens += TokensOf(document);
        while (_tokens > mostTokens && _kept.Count > 1 && _kept.TryDequeue(out (int Order, Passage Document) last, out ulong highest))
        {
            (_limit, _tokens) = (highest, _tokens - TokensOf(last.Document));
        }
    }

    static long TokensOf(Passage document) => document.Chunks.Sum(c => (long)c.Tokens.Length);
}
