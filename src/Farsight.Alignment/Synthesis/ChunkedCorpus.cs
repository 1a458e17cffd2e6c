using System.Text.Json.Serialization;
using Farsight.Alignment.Corpus;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis;

/// <summary>Represents a chunk of a document. Its tokens are stored unchanged; they are never decoded and encoded again.</summary>
/// <param name="Document">Name of the document.</param>
/// <param name="Index">Index of the chunk in the document, from 0.</param>
/// <param name="Tokens">LOGO: the same number in every chunk. LongPO: whole paragraphs.</param>
sealed record SourceChunk(string Document, int Index, int[] Tokens);

/// <summary>Represents a long document, or several short ones in sequence, with enough chunks for a context.</summary>
/// <param name="Chunks">Chunks in reading order.</param>
/// <param name="Questions">Questions that came with the documents; often none.</param>
sealed record Passage(IReadOnlyList<SourceChunk> Chunks, IReadOnlyList<QuestionAnswer> Questions);

/// <summary>Holds the rules for chunking a corpus.</summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="ChunkTokens">Tokens per chunk.</param>
/// <param name="Chunks">N, chunks per context; the minimum of a passage.</param>
/// <param name="MaxTokens">Maximum tokens to keep. From a larger corpus, documents are drawn by seed.</param>
public sealed record CorpusRules(int Seed, int ChunkTokens, int Chunks, long MaxTokens = CorpusRules.DefaultMaxTokens)
{
    internal const long DefaultMaxTokens = 1L << 27; // half a gigabyte; more than the paper's 12,000 contexts take

    /// <summary>The options that decide how much text a context takes, for the message that there is too little.</summary>
    internal string Keys { get; init; } = "chunks or chunk_tokens";
}

/// <summary>Counts the documents that synthesis read.</summary>
/// <param name="Read">Documents found.</param>
/// <param name="Dropped">Documents dropped, by reason.</param>
/// <param name="Repaired">Documents whose encoding was repaired, by fault.</param>
/// <param name="Used">Documents that samples are drawn from: the remaining ones, or as many as fit into memory.</param>
/// <param name="Chunks">Whole chunks of the used documents.</param>
/// <param name="LeftOut">Documents whose conversation has a part that is neither document nor question, by kind; null for none.</param>
public sealed record CorpusCounts(
    long Read,
    IReadOnlyDictionary<string, long> Dropped,
    IReadOnlyDictionary<string, long> Repaired,
    int Used,
    int Chunks,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, long>? LeftOut = null)
{
    /// <summary>Counts the documents of passages that are not used, because they have no questions, as dropped.</summary>
    /// <param name="all">Passages that were read.</param>
    /// <param name="used">Passages that samples are drawn from.</param>
    internal CorpusCounts WithoutRest(IEnumerable<Passage> all, IReadOnlyCollection<Passage> used)
    {
        static IEnumerable<string> Names(IEnumerable<Passage> passages) =>
            passages.SelectMany(p => p.Chunks).Select(c => c.Document).Distinct(StringComparer.Ordinal);
        int dropped = Names(all).Except(Names(used), StringComparer.Ordinal).Count();
        SortedDictionary<string, long> reasons = new(Dropped.ToDictionary(), StringComparer.Ordinal);
        if (dropped > 0)
        {
            reasons[DropReason.NoQuestion] = dropped;
        }
        return this with { Dropped = reasons, Used = Used - dropped, Chunks = used.Sum(p => p.Chunks.Count) };
    }
}

/// <summary>
/// Stage 1: splits documents into chunks of equal token count, from each document's beginning. A rest shorter than a chunk is dropped.
/// </summary>
public sealed class ChunkedCorpus
{
    readonly int[] _ends; // chunks up to and including each passage

    ChunkedCorpus(IReadOnlyList<Passage> passages, CorpusCounts counts, string sha256)
    {
        (Passages, Counts, Sha256) = (passages, counts, sha256);
        _ends = new int[passages.Count];
        for (int i = 0; i < _ends.Length; i++)
        {
            _ends[i] = passages[i].Chunks.Count + (i > 0 ? _ends[i - 1] : 0);
        }
    }

    internal IReadOnlyList<Passage> Passages { get; }

    internal CorpusCounts Counts { get; }

    /// <summary>SHA-256 over names, texts and questions of all documents read.</summary>
    internal string Sha256 { get; }

    /// <summary>Reads documents one by one and splits them. From a corpus beyond the budget, it keeps as many as fit.</summary>
    /// <exception cref="InputException">There are no documents, or they are shorter than one context together.</exception>
    public static ChunkedCorpus Read(CorpusOptions options, ChatFormat format, CorpusRules rules)
    {
        CorpusReport report = new();
        return Read(DocumentReader.Read(options, report), report, format, rules);
    }

    /// <inheritdoc cref="Read(CorpusOptions, ChatFormat, CorpusRules)"/>
    internal static ChunkedCorpus Read(IEnumerable<SourceDocument> documents, CorpusReport report, ChatFormat format, CorpusRules rules)
    {
        PassageCorpus cut = PassageCorpus.Read(documents, report, rules.Seed, rules.MaxTokens, d => Cut(d, format, rules.ChunkTokens));
        int found = cut.Counts.Chunks, needed = rules.Chunks * rules.ChunkTokens;
        return found >= rules.Chunks
            ? new(Join(cut.Documents, rules.Chunks), cut.Counts, cut.Sha256)
            : throw new InputException(
                $"The documents have {found} chunks of {rules.ChunkTokens} tokens, and a context takes {rules.Chunks}. "
                    + $"Use at least {needed} tokens of text, or lower {rules.Keys}.");
    }

    /// <summary>Keeps only the passages that have questions, and counts the documents of the others as dropped.</summary>
    internal ChunkedCorpus WithQuestions()
    {
        Passage[] kept = [.. Passages.Where(p => p.Questions.Count > 0)];
        return new(kept, Counts.WithoutRest(Passages, kept), Sha256);
    }

    /// <summary>Draws a passage with a probability proportional to its length.</summary>
    internal Passage Draw(ref SeededRandom random)
    {
        int chunk = random.Next(_ends[^1]), at = Array.BinarySearch(_ends, chunk);
        return Passages[at >= 0 ? at + 1 : ~at]; // a passage's end is the first chunk of the next one
    }

    static SourceChunk[] Cut(SourceDocument document, ChatFormat format, int chunkTokens) =>
        [
            .. PassageCorpus
                .TokensOf(document, format)
                .Chunk(chunkTokens)
                .Where(c => c.Length == chunkTokens)
                .Select((c, i) => new SourceChunk(document.Id, i, c)),
        ];

    /// <summary>Keeps long documents separate and joins short ones in order; the last of them join the passage before.</summary>
    static List<Passage> Join(IReadOnlyList<Passage> documents, int chunks)
    {
        List<Passage> passages = [.. documents.Where(d => d.Chunks.Count >= chunks)];
        Passage open = new([], []);
        int lastJoined = passages.Count - 1;
        foreach (Passage part in documents.Where(d => d.Chunks.Count < chunks))
        {
            open = Together(open, part);
            if (open.Chunks.Count >= chunks)
            {
                lastJoined = passages.Count;
                passages.Add(open);
                open = new([], []);
            }
        }
        if (open.Chunks.Count > 0)
        {
            passages[lastJoined] = Together(passages[lastJoined], open);
        }
        return passages;
    }

    static Passage Together(Passage a, Passage b) => new([.. a.Chunks, .. b.Chunks], [.. a.Questions, .. b.Questions]);
}
