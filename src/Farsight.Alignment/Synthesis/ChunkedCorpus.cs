using System.Text.Json.Serialization;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Corpus.Chunks;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis;

/// <summary>Represents a chunk of a document. Its tokens are stored unchanged; they are never decoded and encoded again.</summary>
/// <param name="Document">Name of the document.</param>
/// <param name="Index">Index of the chunk in the document, from 0.</param>
/// <param name="Tokens">Whole sentences; LongPO: whole paragraphs where possible. White space before a chunk belongs to it.</param>
sealed record SourceChunk(string Document, int Index, int[] Tokens);

/// <summary>Represents a long document, or several short ones in sequence, with enough chunks for a context.</summary>
/// <param name="Chunks">Chunks in reading order.</param>
/// <param name="Questions">Questions that came with the documents; often none.</param>
sealed record Passage(IReadOnlyList<SourceChunk> Chunks, IReadOnlyList<QuestionAnswer> Questions);

/// <summary>Holds the rules for chunking a corpus.</summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="ChunkTokens">Maximum tokens per chunk.</param>
/// <param name="Chunks">N, chunks per context; the minimum of a passage.</param>
/// <param name="MaxTokens">Maximum tokens to keep. From a larger corpus, documents are drawn by seed.</param>
sealed record CorpusRules(int Seed, int ChunkTokens, int Chunks, long MaxTokens = CorpusRules.DefaultMaxTokens)
{
    internal const long DefaultMaxTokens = 1L << 27; // half a gigabyte; more than the paper's 12,000 contexts take

    /// <summary>The options that decide how much text a context takes, for the message that there is too little.</summary>
    internal string Keys { get; init; } = "chunks or chunk_tokens";

    /// <summary>The minimum tokens of a passage; 0 for as many as its chunks have.</summary>
    internal int PassageTokens { get; init; }
}

/// <summary>Counts the documents that synthesis read.</summary>
/// <param name="Read">Documents found.</param>
/// <param name="Dropped">Documents dropped, by reason.</param>
/// <param name="Repaired">Documents whose encoding was repaired, by fault.</param>
/// <param name="Used">Documents that samples are drawn from: the remaining ones, or as many as fit into memory.</param>
/// <param name="Chunks">Chunks of the used documents.</param>
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
/// Stage 1: cuts documents into chunks that end at sentences (<see cref="TokenChunks"/>). A rest below half a chunk is dropped.
/// </summary>
sealed class ChunkedCorpus
{
    readonly int[] _ends; // chunks up to and including each passage

    ChunkedCorpus(IReadOnlyList<Passage> passages, CorpusCounts counts, string sha256, int chunkTokens)
    {
        (Passages, Counts, Sha256, ChunkTokens) = (passages, counts, sha256, chunkTokens);
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

    /// <summary>Maximum tokens per chunk.</summary>
    internal int ChunkTokens { get; }

    /// <summary>Reads documents one by one and cuts them. From a corpus beyond the budget, it keeps as many as fit.</summary>
    /// <exception cref="InputException">There are no documents, or they are shorter than one context together.</exception>
    public static ChunkedCorpus Read(CorpusOptions options, ChatFormat format, CorpusRules rules)
    {
        CorpusReport report = new();
        return Read(DocumentReader.Read(options, report), report, format, rules);
    }

    /// <inheritdoc cref="Read(CorpusOptions, ChatFormat, CorpusRules)"/>
    internal static ChunkedCorpus Read(IEnumerable<SourceDocument> documents, CorpusReport report, ChatFormat format, CorpusRules rules)
    {
        int[] separator = format.Tokenizer.EncodeInside("\n\n");
        PassageCorpus cut = PassageCorpus.Read(
            documents, report, rules.Seed, rules.MaxTokens, d => Cut(d, format, separator, rules.ChunkTokens));
        List<Passage> passages = Join(cut.Documents, separator, p => IsLong(p, rules));
        return passages.Count > 0 ? new(passages, cut.Counts, cut.Sha256, rules.ChunkTokens)
            : throw new InputException(
                $"The documents have {cut.Counts.Chunks} chunks of at most {rules.ChunkTokens} tokens, and a context takes "
                    + $"{(rules.PassageTokens > 0 ? $"{rules.PassageTokens} tokens" : $"{rules.Chunks}")}. Use at least "
                    + $"{Math.Max(rules.Chunks * rules.ChunkTokens, rules.PassageTokens)} tokens of text, or lower {rules.Keys}.");
    }

    /// <summary>Keeps only the passages that have questions, and counts the documents of the others as dropped.</summary>
    internal ChunkedCorpus WithQuestions()
    {
        Passage[] kept = [.. Passages.Where(p => p.Questions.Count > 0)];
        return new(kept, Counts.WithoutRest(Passages, kept), Sha256, ChunkTokens);
    }

    /// <summary>Draws a passage with a probability proportional to its length.</summary>
    internal Passage Draw(ref SeededRandom random)
    {
        int chunk = random.Next(_ends[^1]), at = Array.BinarySearch(_ends, chunk);
        return Passages[at >= 0 ? at + 1 : ~at]; // a passage's end is the first chunk of the next one
    }

    /// <summary>Cuts a document, with a separator before it that keeps it apart from another one.</summary>
    static SourceChunk[] Cut(SourceDocument document, ChatFormat format, int[] separator, int chunkTokens)
    {
        int[] tokens = [.. separator, .. PassageCorpus.TokensOf(document, format)];
        int[][] chunks = [.. TokenChunks.Cut(tokens, format.Tokenizer, chunkTokens)];
        int rest = chunks is [.., { } last] && last.Length < chunkTokens / 2 ? 1 : 0;
        return [.. chunks.SkipLast(rest).Select((c, i) => new SourceChunk(document.Id, i, c))];
    }

    static bool IsLong(Passage passage, CorpusRules rules) =>
        passage.Chunks.Count >= rules.Chunks && passage.Chunks.Sum(c => c.Tokens.Length) >= rules.PassageTokens;

    /// <summary>Keeps long documents separate and joins short ones in order; the last of them join the passage before.</summary>
    static List<Passage> Join(IReadOnlyList<Passage> documents, int[] separator, Func<Passage, bool> isLong)
    {
        List<Passage> passages = [.. documents.Where(isLong)];
        Passage open = new([], []);
        int lastJoined = passages.Count - 1;
        foreach (Passage part in documents.Where(d => !isLong(d)))
        {
            open = Together(open, part);
            if (isLong(open))
            {
                lastJoined = passages.Count;
                passages.Add(open);
                open = new([], []);
            }
        }
        if (open.Chunks.Count > 0 && lastJoined >= 0)
        {
            passages[lastJoined] = Together(passages[lastJoined], open);
        }
        return [.. passages.Select(p => WithoutSeparator(p, separator))];
    }

    static Passage Together(Passage a, Passage b) => new([.. a.Chunks, .. b.Chunks], [.. a.Questions, .. b.Questions]);

    /// <summary>Removes the separator before the first document of a passage.</summary>
    static Passage WithoutSeparator(Passage passage, int[] separator)
    {
        SourceChunk first = passage.Chunks[0];
        return !first.Tokens.AsSpan().StartsWith(separator) ? passage
            : passage with { Chunks = [first with { Tokens = first.Tokens[separator.Length..] }, .. passage.Chunks.Skip(1)] };
    }
}
