using System.Security.Cryptography;
using System.Text;
using Farsight.Alignment.Documents;
using Farsight.Alignment.Text;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>A piece of a document: its tokens are stored as they are, never decoded and encoded again.</summary>
/// <param name="Document">Name of the document.</param>
/// <param name="Index">Number of the chunk in it, from 0.</param>
/// <param name="Tokens">Equally many in every chunk.</param>
sealed record SourceChunk(string Document, int Index, int[] Tokens);

/// <summary>A long document, or short ones one after the other: at least a context's worth of chunks.</summary>
/// <param name="Chunks">In reading order.</param>
/// <param name="Questions">Those that came with the documents; often none.</param>
sealed record Passage(IReadOnlyList<SourceChunk> Chunks, IReadOnlyList<QuestionAnswer> Questions);

/// <summary>Stage 1: documents as equal-length chunks by token count, from each document's beginning; a rest shorter than a chunk is left out.</summary>
sealed class ChunkedCorpus
{
    readonly int[] _ends; // chunks up to and with each passage

    ChunkedCorpus(IReadOnlyList<Passage> passages, string sha256)
    {
        (Passages, Sha256) = (passages, sha256);
        _ends = new int[passages.Count];
        for (int i = 0; i < _ends.Length; i++)
        {
            _ends[i] = passages[i].Chunks.Count + (i > 0 ? _ends[i - 1] : 0);
        }
    }

    internal IReadOnlyList<Passage> Passages { get; }

    /// <summary>Of names, texts and questions.</summary>
    internal string Sha256 { get; }

    /// <summary>Reads and cuts all documents.</summary>
    /// <exception cref="InputException">There are none, or all together are shorter than one context.</exception>
    internal static ChunkedCorpus Read(IEnumerable<SourceDocument> documents, ChatFormat format, int chunkTokens, int chunks)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        List<Passage> cut = [];
        foreach (SourceDocument document in documents)
        {
            Append(hash, document);
            cut.Add(new(Cut(document, format, chunkTokens), document.Questions));
        }
        int found = cut.Sum(p => p.Chunks.Count);
        return found >= chunks
            ? new(Join(cut, chunks), Convert.ToHexStringLower(hash.GetHashAndReset()))
            : throw new InputException(
                $"The documents hold {found} chunks of {chunkTokens} tokens, and a context takes {chunks}: give at least {chunks * chunkTokens} tokens of text, or lower --chunks or --chunk-tokens.");
    }

    /// <summary>Draws a passage, each by its length.</summary>
    internal Passage Draw(ref SeededRandom random)
    {
        int chunk = random.Next(_ends[^1]), at = Array.BinarySearch(_ends, chunk);
        return Passages[at >= 0 ? at + 1 : ~at]; // a passage's end is the first chunk of the next one
    }

    static SourceChunk[] Cut(SourceDocument document, ChatFormat format, int chunkTokens)
    {
        // Lines of plain-text books are broken where the paper ended, not where a sentence does.
        bool isPlain = document.Id.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);
        int[] tokens = format.Context(isPlain ? WrappedLines.Join(document.Text) : document.Text);
        return [.. tokens.Chunk(chunkTokens).Where(c => c.Length == chunkTokens).Select((c, i) => new SourceChunk(document.Id, i, c))];
    }

    /// <summary>Long documents stay alone; short ones are put together in order, and the last of them with those before.</summary>
    static List<Passage> Join(List<Passage> documents, int chunks)
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

    static void Append(IncrementalHash hash, SourceDocument document)
    {
        string[] parts = [document.Id, document.Text, .. document.Questions.SelectMany(q => new[] { q.Question, q.Answer })];
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length)); // so that no text can pass for two
            hash.AppendData(bytes);
        }
    }
}
