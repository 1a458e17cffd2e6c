using Farsight.Alignment.Data;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>Stage 3 for a question about a passage: places the chunks that answer it among others that do not.</summary>
sealed class QuestionContexts(PassageScores scores, ContextRules rules)
{
    /// <summary>
    /// Selects the relevant chunks of the passage, at most half of the context, and fills up with the least relevant others, in document
    /// order.
    /// </summary>
    /// <param name="asked">The question.</param>
    /// <param name="random">Selects the other chunks.</param>
    /// <param name="cancel">Stops a scorer that asks an endpoint.</param>
    internal SampleContext Around(PassageQuestion asked, ref SeededRandom random, CancellationToken cancel)
    {
        (double[] values, bool usesRules) = Scores(asked, cancel);
        ChunkRole[] roles = Importance.Roles(values, rules.Threshold);
        bool found =
            asked.WrittenAbout.Count > 0 ? asked.WrittenAbout.All(i => roles[i] == ChunkRole.Relevant) : roles.Contains(ChunkRole.Relevant);
        foreach (int i in asked.WrittenAbout)
        {
            roles[i] = ChunkRole.Relevant; // regardless of its score
        }
        int[] all = [.. Enumerable.Range(0, values.Length)], mixed = [.. all];
        random.Shuffle<int>(mixed);
        int[] relevant =
        [
            .. all.Where(i => roles[i] == ChunkRole.Relevant)
                .OrderByDescending(asked.WrittenAbout.Contains)
                .ThenByDescending(i => values[i])
                .Take(rules.Chunks / 2),
        ];
        int[] others =
        [
            .. mixed.Where(i => roles[i] != ChunkRole.Relevant).OrderByDescending(i => roles[i]).Take(rules.Chunks - relevant.Length),
        ];
        int[] chosen = [.. relevant.Concat(others).Order()];
        ContextChunk[] context = [.. chosen.Select(i => Chunk(asked.Passage.Chunks[i], values[i], roles[i]))];
        int[] gold = [.. (asked.WrittenAbout.Count > 0 ? asked.WrittenAbout : relevant.Take(1)).Select(i => Array.IndexOf(chosen, i))];
        return new(asked.At, asked.Origin, context, asked.Question, asked.Answer, gold, [], null, found) { UsesRules = usesRules };
    }

    /// <summary>
    /// Scores chunks for question and answer. For a gold answer of several sentences, which may lie far apart, each sentence is scored too
    /// and the maximum counts.
    /// </summary>
    ChunkScoring Scores(PassageQuestion asked, CancellationToken cancel)
    {
        ChunkScoring whole = scores.Of(asked.Passage, asked.Question, asked.Answer, cancel);
        string[] sentences = rules.GoldIsChosen ? asked.Answer.Split(". ") : [];
        foreach (string sentence in sentences.Length > 1 ? sentences : [])
        {
            ChunkScoring own = scores.Of(asked.Passage, sentence, sentence, cancel);
            whole = new([.. whole.Values.Zip(own.Values, Math.Max)], whole.UsesRules || own.UsesRules);
        }
        return whole;
    }

    static ContextChunk Chunk(SourceChunk chunk, double score, ChunkRole role) =>
        new(chunk.Document, chunk.Index, chunk.Tokens, score, role);
}

/// <summary>Represents a question about a passage.</summary>
/// <param name="At">The sample and the try.</param>
/// <param name="Origin">Origin of the question.</param>
/// <param name="Passage">The passage.</param>
/// <param name="WrittenAbout">Indices of the chunks that the question's writer saw; empty if unknown.</param>
/// <param name="Question">The question.</param>
/// <param name="Answer">The answer that came with it.</param>
sealed record PassageQuestion(
    SampleTry At,
    QuestionOrigin Origin,
    Passage Passage,
    IReadOnlyList<int> WrittenAbout,
    string Question,
    string Answer);
