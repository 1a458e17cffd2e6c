using Farsight.Alignment.Data;
using Farsight.Alignment.Documents;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Alignment.Text;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>Stage 3: draws contexts, N chunks with a question: of a document that has some its own, else of facts put in.</summary>
sealed class ContextDraw(ChunkedCorpus corpus, Tokenizer tokenizer, ChatFormat format, IChunkScorer scorer, ContextRules rules)
{
    readonly FactPlacement _placement = new(tokenizer, format);
    readonly Dictionary<Passage, IChunkScores> _read = new(ReferenceEqualityComparer.Instance);

    /// <summary>The context of one sample number; the same each time.</summary>
    internal SampleContext Draw(int index)
    {
        SeededRandom random = SeededRandom.For(rules.Seed, "synth logo", index);
        Passage passage = corpus.Draw(ref random);
        return passage.Questions.Count > 0 ? WithOwnQuestion(index, passage, ref random) : WithFacts(index, passage, ref random);
    }

    SampleContext WithFacts(int index, Passage passage, ref SeededRandom random)
    {
        SourceChunk[] chunks = [.. passage.Chunks.Skip(random.Next(passage.Chunks.Count - rules.Chunks + 1)).Take(rules.Chunks)];
        List<Needle> needles = FactDraw.Draw(ref random, rules.Chunks / 2, n => _placement.Fits(n, chunks[0].Tokens.Length));
        int[] places = [.. Enumerable.Range(0, chunks.Length)];
        random.Shuffle<int>(places);
        List<PlacedFact> facts = [];
        foreach ((Needle needle, int place) in needles.Zip(places))
        {
            (int[] tokens, PlacedFact fact) = _placement.Place(needle, place, chunks[place].Tokens, ref random);
            chunks[place] = chunks[place] with { Tokens = tokens };
            facts.Add(fact);
        }
        return Asking(index, chunks, facts, random.Pick(facts));
    }

    SampleContext Asking(int index, SourceChunk[] chunks, List<PlacedFact> facts, PlacedFact asked)
    {
        double[] scores = Read(chunks).Scores(asked.Needle.Question, asked.Needle.Answer, CancellationToken.None);
        ChunkRole[] roles = Importance.Roles(scores, rules.Threshold);
        bool found = roles[asked.Chunk] == ChunkRole.Relevant;
        foreach (PlacedFact fact in facts.Where(f => roles[f.Chunk] == ChunkRole.Irrelevant))
        {
            roles[fact.Chunk] = ChunkRole.Partial; // another fact misleads, whatever its score
        }
        roles[asked.Chunk] = ChunkRole.Relevant;
        ContextChunk[] context = [.. chunks.Select((c, i) => new ContextChunk(c.Document, c.Index, c.Tokens, scores[i], roles[i]))];
        return new(index, context, asked.Needle.Question, asked.Needle.Answer, asked.Chunk, facts, asked, found);
    }

    /// <summary>All relevant chunks of the passage, at most half of the context, and others that are as irrelevant as there are, in document order.</summary>
    SampleContext WithOwnQuestion(int index, Passage passage, ref SeededRandom random)
    {
        QuestionAnswer asked = random.Pick(passage.Questions);
        double[] scores = ReadOnce(passage).Scores(asked.Question, asked.Answer, CancellationToken.None);
        ChunkRole[] roles = Importance.Roles(scores, rules.Threshold);
        int[] mixed = [.. Enumerable.Range(0, scores.Length)];
        random.Shuffle<int>(mixed);
        int[] relevant = [.. Enumerable.Range(0, scores.Length).Where(i => roles[i] == ChunkRole.Relevant).OrderByDescending(i => scores[i]).Take(rules.Chunks / 2)];
        int[] others = [.. mixed.Where(i => roles[i] != ChunkRole.Relevant).OrderByDescending(i => roles[i]).Take(rules.Chunks - relevant.Length)];
        int[] chosen = [.. relevant.Concat(others).Order()];
        ContextChunk[] context = [.. chosen.Select(i => new ContextChunk(passage.Chunks[i].Document, passage.Chunks[i].Index, passage.Chunks[i].Tokens, scores[i], roles[i]))];
        int gold = relevant.Length > 0 ? Array.IndexOf(chosen, relevant[0]) : 0;
        return new(index, context, asked.Question, asked.Answer, gold, [], null, relevant.Length > 0);
    }

    IChunkScores ReadOnce(Passage passage)
    {
        if (!_read.TryGetValue(passage, out IChunkScores? read))
        {
            _read.Add(passage, read = Read(passage.Chunks));
        }
        return read;
    }

    IChunkScores Read(IEnumerable<SourceChunk> chunks) => scorer.Read([.. chunks.Select(c => tokenizer.Decode(c.Tokens))], CancellationToken.None);
}

/// <summary>What decides a context.</summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Chunks">N.</param>
/// <param name="Threshold">δ, in the unit of the scorer.</param>
sealed record ContextRules(int Seed, int Chunks, double Threshold);
