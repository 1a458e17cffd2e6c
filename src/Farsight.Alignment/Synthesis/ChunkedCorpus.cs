using Farsight.Alignment.Corpus;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis;

/// <summary>A piece of a document: its tokens are stored as they are, never decoded and encoded again.</summary>
/// <param name="Document">Name of the document.</param>
/// <param name="Index">Number of the chunk in it, from 0.</param>
/// <param name="Tokens">Equally many in every chunk of LOGO; of LongPO, whole paragraphs.</param>
sealed record SourceChunk(string Document, int Index, int[] Tokens);

/// <summary>A long document, or short ones one after the other: at least a context's worth of chunks.</summary>
/// <param name="Chunks">In reading order.</param>
/// <param name="Questions">Those that came with the documents; often none.</param>
sealed record Passage(IReadOnlyList<SourceChunk> Chunks, IReadOnlyList<QuestionAnswer> Questions);

/// <summary>How a corpus is cut.</summary>
/// <param name="Seed">Of the run.</param>
/// <param name="ChunkTokens">Tokens of a chunk.</param>
/// <param name="Chunks">N: chunks of a context, so the least that a passage has.</param>
/// <param name="MostTokens">Of a corpus above this size, documents drawn by seed that stay below it.</param>
sealed record CorpusRules(int Seed, int ChunkTokens, int Chunks, long MostTokens = CorpusRules.HalfGigabyte)
{
    internal const long HalfGigabyte = 1L << 27; // of tokens in memory; more than the paper's 12,000 contexts take
}

/// <summary>What was made of the documents.</summary>
/// <param name="Read">Documents found.</param>
/// <param name="Dropped">Of these, the ones that were not wanted, by reason.</param>
/// <param name="Repaired">Of these, the ones whose encoding was repaired, by what was wrong.</param>
/// <param name="Used">The ones that samples are drawn from: those that are left, or as many as can be held in memory.</param>
/// <param name="Chunks">Whole chunks of the used ones.</param>
public sealed record CorpusCounts(
    long Read,
    IReadOnlyDictionary<string, long> Dropped,
    IReadOnlyDictionary<string, long> Repaired,
    int Used,
    int Chunks);

/// <summary>
/// Stage 1: documents as equal-length chunks by token count, from each document's beginning; a rest shorter than a chunk is left out.
/// </summary>
sealed class ChunkedCorpus
{
    readonly int[] _ends; // chunks up to and with each passage

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

    /// <summary>Of names, texts and questions of all documents read.</summary>
    internal string Sha256 { get; }

    /// <summary>Reads the documents one after the other and cuts them; of a corpus beyond the budget, as many as fit.</summary>
    /// <exception cref="InputException">There are none, or all together are shorter than one context.</exception>
    internal static ChunkedCorpus Read(CorpusOptions options, ChatFormat format, CorpusRules rules)
    {
        CorpusReport report = new();
        return Read(DocumentReader.Read(options, report), report, format, rules);
    }

    /// <summary>The same for documents that are there already.</summary>
    internal static ChunkedCorpus Read(IEnumerable<SourceDocument> documents, CorpusReport report, ChatFormat format, CorpusRules rules)
    {
        CutCorpus cut = CutCorpus.Read(documents, report, rules.Seed, rules.MostTokens, d => Cut(d, format, rules.ChunkTokens));
        int found = cut.Counts.Chunks, needed = rules.Chunks * rules.ChunkTokens;
        return found >= rules.Chunks
            ? new(Join(cut.Documents, rules.Chunks), cut.Counts, cut.Sha256)
            : throw new InputException(
                $"The documents hold {found} chunks of {rules.ChunkTokens} tokens, and a context takes {rules.Chunks}: give at least {needed} tokens of text, or lower --chunks or --chunk-tokens."
            );
    }

    /// <summary>Only the passages that bring questions.</summary>
    internal ChunkedCorpus WithQuestions() => new([.. Passages.Where(p => p.Questions.Count > 0)], Counts, Sha256);

    /// <summary>Draws a passage, each by its length.</summary>
    internal Passage Draw(ref SeededRandom random)
    {
        int chunk = random.Next(_ends[^1]), at = Array.BinarySearch(_ends, chunk);
        return Passages[at >= 0 ? at + 1 : ~at]; // a passage's end is the first chunk of the next one
    }

    static SourceChunk[] Cut(SourceDocument document, ChatFormat format, int chunkTokens) =>
        [
            .. CutCorpus
                .TokensOf(document, format)
                .Chunk(chunkTokens)
                .Where(c => c.Length == chunkTokens)
                .Select((c, i) => new SourceChunk(document.Id, i, c)),
        ];

    /// <summary>Long documents stay alone; short ones are put together in order, and the last of them with those before.</summary>
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
