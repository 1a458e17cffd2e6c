using Farsight.Alignment.Data;
using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Stage 3 for documents without questions: inserts generated facts into consecutive chunks and asks for one of them.
/// </summary>
sealed class FactContexts(Tokenizer tokenizer, ChatFormat format, PassageScores scores, ContextRules rules)
{
    readonly FactPlacement _placement = new(tokenizer, format);

    /// <summary>Draws a context from a passage.</summary>
    /// <param name="at">The sample and the try.</param>
    /// <param name="passage">The passage.</param>
    /// <param name="chunkTokens">Maximum tokens per chunk.</param>
    /// <param name="random">Random stream of the sample; advanced.</param>
    /// <param name="cancel">Stops the scoring.</param>
    internal SampleContext Draw(SampleTry at, Passage passage, int chunkTokens, ref SeededRandom random, CancellationToken cancel)
    {
        SourceChunk[] chunks = [.. passage.Chunks.Skip(random.Next(passage.Chunks.Count - rules.Chunks + 1)).Take(rules.Chunks)];
        List<Needle> needles = FactDraw.Draw(ref random, rules.Chunks / 2, n => _placement.Fits(n, chunkTokens));
        List<FactInChunk> facts = _placement.PlaceAll(needles, chunks, chunkTokens, ref random);
        return Asking(at, chunks, facts, random.Pick(facts), cancel);
    }

    SampleContext Asking(SampleTry at, SourceChunk[] chunks, List<FactInChunk> facts, FactInChunk asked, CancellationToken cancel)
    {
        (double[] values, bool usesRules) = scores.Of(chunks, asked.Needle.Question, asked.Needle.Answer, cancel);
        ChunkRole[] roles = Importance.Roles(values, rules.Threshold);
        bool found = roles[asked.Chunk] == ChunkRole.Relevant;
        foreach (FactInChunk fact in facts.Where(f => roles[f.Chunk] == ChunkRole.Irrelevant))
        {
            roles[fact.Chunk] = ChunkRole.Partial; // another fact misleads, regardless of its score
        }
        roles[asked.Chunk] = ChunkRole.Relevant;
        ContextChunk[] context = [.. chunks.Select((c, i) => new ContextChunk(c.Document, c.Index, c.Tokens, values[i], roles[i]))];
        return new(at, QuestionOrigin.Fact, context, asked.Needle.Question, asked.Needle.Answer, [asked.Chunk], facts, asked, found)
        {
            UsesRules = usesRules,
        };
    }
}
