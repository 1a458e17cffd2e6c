using Farsight.Alignment.Data;
using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>Draws facts and puts them into consecutive chunks, each whole into one of its own.</summary>
/// <param name="tokenizer">Tokenizer of the chunks.</param>
/// <param name="format">Encodes the facts.</param>
/// <param name="corpus">Source of the chunks.</param>
/// <param name="scores">Scores chunks for questions.</param>
/// <param name="count">N, chunks per context.</param>
/// <param name="maxShown">Maximum chunks per prompt.</param>
sealed class ContrastContexts(Tokenizer tokenizer, ChatFormat format, ChunkedCorpus corpus, PassageScores scores, int count, int maxShown)
{
    const int MaxTries = 64;

    readonly FactPlacement _placement = new(tokenizer, format);

    /// <summary>Maximum facts per context. Each fact has a chunk of its own, and half of the chunks stay unchanged.</summary>
    internal int MaxFacts => count / 2;

    /// <summary>Draws facts until all of them fit into a chunk.</summary>
    /// <exception cref="OptionException">No draw fits.</exception>
    internal IReadOnlyList<Needle> Needles(ref SeededRandom random, NeedleDraw draw)
    {
        for (int i = 0; i < MaxTries; i++)
        {
            IReadOnlyList<Needle> needles = draw(ref random);
            if (needles.All(n => _placement.Fits(n, corpus.ChunkTokens)))
            {
                return needles;
            }
        }
        throw new OptionException("chunk_tokens", "is too small for facts in this model's vocabulary; raise it.");
    }

    /// <summary>Draws a context and inserts the facts at random places.</summary>
    internal ContrastContext Place(IReadOnlyList<Needle> needles, ref SeededRandom random)
    {
        Passage passage = corpus.Draw(ref random);
        SourceChunk[] chunks = [.. passage.Chunks.Skip(random.Next(passage.Chunks.Count - count + 1)).Take(count)];
        List<FactInChunk> facts = _placement.PlaceAll(needles, chunks, corpus.ChunkTokens, ref random);
        return new(chunks, [.. facts.OrderBy(f => f.Chunk)], tokenizer.Decode([.. chunks.SelectMany(c => c.Tokens)]));
    }

    /// <summary>Selects a view that misleads the model: chunks with these facts, and at least one chunk without a fact.</summary>
    internal int[] View(ContrastContext context, IEnumerable<FactInChunk> facts, ref SeededRandom random)
    {
        int[] misleading = [.. facts.Select(f => f.Chunk).Take(maxShown - 1)], empty = context.Empty;
        random.Shuffle<int>(empty);
        int more = Math.Max(1, PromptBudget.ChunksOfRejected - misleading.Length);
        return [.. misleading.Concat(empty.Take(more)).Order()];
    }

    /// <summary>Assigns roles to the chunks of a sample: relevant if its fact answers, partial if its fact misleads.</summary>
    internal ContextChunk[] Chunks(ContrastDraft draft, CancellationToken cancel)
    {
        double[] values = scores.Of(draft.Context.Chunks, draft.Question, draft.Chosen, cancel).Values;
        return [.. draft.Context.Chunks.Select((c, i) => new ContextChunk(c.Document, c.Index, c.Tokens, values[i], RoleOf(i)))];

        ChunkRole RoleOf(int chunk) =>
            draft.Relevant.Any(f => f.Chunk == chunk) ? ChunkRole.Relevant
            : draft.Context.Facts.Any(f => f.Chunk == chunk) ? ChunkRole.Partial
            : ChunkRole.Irrelevant;
    }

    /// <summary>Draws the facts of a context.</summary>
    internal delegate IReadOnlyList<Needle> NeedleDraw(ref SeededRandom random);
}
