using Farsight.Alignment.Data;
using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>Draws facts and puts them into consecutive chunks, each whole into one of its own.</summary>
/// <param name="tokenizer">Of the chunks.</param>
/// <param name="format">How facts become tokens.</param>
/// <param name="corpus">Where the chunks are from.</param>
/// <param name="scores">Of chunks for questions.</param>
/// <param name="count">N: chunks of a context.</param>
/// <param name="mostShown">Chunks that a prompt has room for.</param>
sealed class ContrastContexts(Tokenizer tokenizer, ChatFormat format, ChunkedCorpus corpus, PassageScores scores, int count, int mostShown)
{
    const int MostTries = 64;

    readonly FactPlacement _placement = new(tokenizer, format);
    readonly int _chunkTokens = corpus.Passages[0].Chunks[0].Tokens.Length;

    /// <summary>Facts of a context at most: each has a chunk of its own, and half of the chunks stay as they were.</summary>
    internal int MostFacts => count / 2;

    /// <summary>Draws facts until all of them fit into a chunk.</summary>
    /// <exception cref="InputException">They never do.</exception>
    internal IReadOnlyList<Needle> Needles(ref SeededRandom random, NeedleDraw draw)
    {
        for (int i = 0; i < MostTries; i++)
        {
            IReadOnlyList<Needle> needles = draw(ref random);
            if (needles.All(n => _placement.Fits(n, _chunkTokens)))
            {
                return needles;
            }
        }
        throw new InputException("The chunks are too short for facts in this model's vocabulary; use a larger --chunk-tokens.");
    }

    /// <summary>A context with these facts at random places.</summary>
    internal ContrastContext Place(IReadOnlyList<Needle> needles, ref SeededRandom random)
    {
        Passage passage = corpus.Draw(ref random);
        SourceChunk[] chunks = [.. passage.Chunks.Skip(random.Next(passage.Chunks.Count - count + 1)).Take(count)];
        int[] places = [.. Enumerable.Range(0, count)];
        random.Shuffle<int>(places);
        List<PlacedFact> facts = [];
        foreach ((Needle needle, int place) in needles.Zip(places))
        {
            (int[] tokens, PlacedFact fact) = _placement.Place(needle, place, chunks[place].Tokens, ref random);
            chunks[place] = chunks[place] with { Tokens = tokens };
            facts.Add(fact);
        }
        return new(chunks, [.. facts.OrderBy(f => f.Chunk)], tokenizer.Decode([.. chunks.SelectMany(c => c.Tokens)]));
    }

    /// <summary>What the model is shown to be mistaken about: chunks of these facts, and one or more without any.</summary>
    internal int[] View(ContrastContext context, IEnumerable<PlacedFact> facts, ref SeededRandom random)
    {
        int[] misleading = [.. facts.Select(f => f.Chunk).Take(mostShown - 1)], empty = context.Empty;
        random.Shuffle<int>(empty);
        int more = Math.Max(1, PromptBudget.ChunksOfRejected - misleading.Length);
        return [.. misleading.Concat(empty.Take(more)).Order()];
    }

    /// <summary>The chunks of a sample: relevant where a fact answers, partial where another misleads.</summary>
    internal ContextChunk[] Chunks(ContrastDraft draft, CancellationToken cancel)
    {
        double[] values = scores.Of(draft.Context.Chunks, draft.Question, draft.Chosen, cancel);
        return [.. draft.Context.Chunks.Select((c, i) => new ContextChunk(c.Document, c.Index, c.Tokens, values[i], RoleOf(i)))];

        ChunkRole RoleOf(int chunk) =>
            draft.Relevant.Any(f => f.Chunk == chunk) ? ChunkRole.Relevant
            : draft.Context.Facts.Any(f => f.Chunk == chunk) ? ChunkRole.Partial
            : ChunkRole.Irrelevant;
    }

    /// <summary>Draws the facts of a context.</summary>
    internal delegate IReadOnlyList<Needle> NeedleDraw(ref SeededRandom random);
}
