using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Farsight.Alignment.Corpus;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis;

/// <summary>The documents of a corpus in chunks, each document by itself.</summary>
/// <param name="Documents">In the corpus' order.</param>
/// <param name="Counts">What was read and kept.</param>
/// <param name="Sha256">Of names, texts and questions of all documents read.</param>
sealed record CutCorpus(IReadOnlyList<Passage> Documents, CorpusCounts Counts, string Sha256)
{
    /// <summary>Reads the documents one after the other and cuts them; of a corpus beyond the budget, as many as fit.</summary>
    /// <param name="documents">What is read.</param>
    /// <param name="report">Of their reader; complete when they are.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="mostTokens">Of a corpus above this size, documents drawn by seed that stay below it.</param>
    /// <param name="cut">The chunks of a document.</param>
    internal static CutCorpus Read(
        IEnumerable<SourceDocument> documents,
        CorpusReport report,
        int seed,
        long mostTokens,
        Func<SourceDocument, SourceChunk[]> cut)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        CorpusSelection selection = new(seed, mostTokens);
        foreach (SourceDocument document in documents)
        {
            Append(hash, document);
            selection.Offer(document.Id, () => new(cut(document), document.Questions));
        }
        Passage[] kept = [.. selection.Kept];
        CorpusCounts counts = new(report.Read, Count(report.Dropped), Count(report.Repaired), kept.Length, kept.Sum(p => p.Chunks.Count));
        return new(kept, counts, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>
    /// A document as the tokens of a context, encoded once. Lines of plain-text books are broken where the paper ended, not where a
    /// sentence does.
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
            hash.AppendData(BitConverter.GetBytes(length)); // so that no text can pass for two
            hash.AppendData(bytes, 0, length);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
