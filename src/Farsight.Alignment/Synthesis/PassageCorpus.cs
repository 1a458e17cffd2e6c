using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Farsight.Alignment.Corpus;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis;

/// <summary>Represents a corpus whose documents are split into chunks, each document by itself.</summary>
/// <param name="Documents">Documents in the order of the corpus.</param>
/// <param name="Counts">Counts of read and kept documents.</param>
/// <param name="Sha256">SHA-256 over names, texts and questions of all documents read.</param>
sealed record PassageCorpus(IReadOnlyList<Passage> Documents, CorpusCounts Counts, string Sha256)
{
    /// <summary>Reads documents one by one and splits them. From a corpus beyond the budget, it keeps as many as fit.</summary>
    /// <param name="documents">The documents.</param>
    /// <param name="report">Report of their reader; complete after the last document.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="maxTokens">Maximum tokens to keep; from a larger corpus, documents are drawn by seed.</param>
    /// <param name="cut">Splits a document.</param>
    internal static PassageCorpus Read(
        IEnumerable<SourceDocument> documents,
        CorpusReport report,
        int seed,
        long maxTokens,
        Func<SourceDocument, SourceChunk[]> cut)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        CorpusSelection selection = new(seed, maxTokens);
        foreach (SourceDocument document in documents)
        {
            Append(hash, document);
            selection.Offer(document.Id, () => new(cut(document), document.Questions));
        }
        Passage[] kept = [.. selection.Kept];
        CorpusCounts counts = new(
            report.Read, Count(report.Dropped), Count(report.Repaired), kept.Length, kept.Sum(p => p.Chunks.Count),
            report.LeftOut.Count == 0 ? null : Count(report.LeftOut));
        return new(kept, counts, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>
    /// Encodes a document as tokens of a context. In plain-text books, lines end where the paper ended and not where a sentence does, so
    /// they are joined.
    /// </summary>
    internal static int[] TokensOf(SourceDocument document, ChatFormat format) =>
        format.Context(document.Id.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) ? WrappedLines.Join(document.Text) : document.Text);

    static SortedDictionary<string, long> Count(IReadOnlyDictionary<string, CorpusCount> counts) =>
        new(counts.ToDictionary(c => c.Key, c => c.Value.Documents), StringComparer.Ordinal);

    static void Append(IncrementalHash hash, SourceDocument document)
    {
        string[] parts = [document.Id, document.Text, .. document.Questions.SelectMany(q => new[] { q.Question, q.Answer })];
        foreach (string part in parts)
        {
            byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(part.Length));
            int length = Encoding.UTF8.GetBytes(part, bytes);
            hash.AppendData(BitConverter.GetBytes(length)); // no two texts can be taken for one
            hash.AppendData(bytes, 0, length);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}

/// <summary>
/// Selects the documents of a corpus that fit into a budget: all of them, or a draw by seed and name that does not depend on their
/// order.
/// </summary>
/// <remarks>Each document has a rank, and the lowest ranks that fit together are kept. A document above a rank
/// that did not fit is not split at all.</remarks>
sealed class CorpusSelection(int seed, long maxTokens)
{
    readonly PriorityQueue<(int Order, Passage Document), ulong> _kept = new(Comparer<ulong>.Create((a, b) => b.CompareTo(a)));
    long _tokens;
    ulong _limit = ulong.MaxValue;

    /// <summary>Documents offered.</summary>
    internal int Offered { get; private set; }

    /// <summary>The kept documents, in the order in which they were offered.</summary>
    internal IEnumerable<Passage> Kept => _kept.UnorderedItems.Select(i => i.Element).OrderBy(d => d.Order).Select(d => d.Document);

    /// <summary>Keeps a document if its rank allows it.</summary>
    /// <param name="id">Name of the document; decides the rank together with the seed.</param>
    /// <param name="cut">Splits the document; called only if it may be kept.</param>
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
        while (_tokens > maxTokens && _kept.Count > 1 && _kept.TryDequeue(out (int Order, Passage Document) last, out ulong highest))
        {
            (_limit, _tokens) = (highest, _tokens - TokensOf(last.Document));
        }
    }

    static long TokensOf(Passage document) => document.Chunks.Sum(c => (long)c.Tokens.Length);
}
