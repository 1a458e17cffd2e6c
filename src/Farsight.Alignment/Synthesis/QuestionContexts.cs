using Farsight.Alignment.Data;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>Stage 3, for a question about a passage: the chunks that answer it among others that do not.</summary>
sealed class QuestionContexts(PassageScores scores, ContextRules rules)
{
    /// <summary>
    /// All relevant chunks of the passage, at most half of the context, and others that are as irrelevant as there are, in document order.
    /// </summary>
    /// <param name="asked">The question.</param>
    /// <param name="random">Chooses the others.</param>
    /// <param name="cancel">Ends a scorer that asks somebody else.</param>
    internal SampleContext Around(AskedQuestion asked, ref SeededRandom random, CancellationToken cancel)
    {
        double[] values = Scores(asked, cancel);
        ChunkRole[] roles = Importance.Roles(values, rules.Threshold);
        bool found =
            asked.WrittenAbout.Count > 0 ? asked.WrittenAbout.All(i => roles[i] == ChunkRole.Relevant) : roles.Contains(ChunkRole.Relevant);
        foreach (int i in asked.WrittenAbout)
        {
            roles[i] = ChunkRole.Relevant; // whatever its score
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
        return new(asked.At, asked.Origin, context, asked.Question, asked.Answer, gold, [], null, found);
    }

    /// <summary>
    /// Of question and answer; for a gold answer of several sentences also of each of them, whichever is highest: they may be far apart.
    /// </summary>
    double[] Scores(AskedQuestion asked, CancellationToken cancel)
    {
        double[] values = scores.Of(asked.Passage, asked.Question, asked.Answer, cancel);
        string[] sentences = rules.GoldIsChosen ? asked.Answer.Split(". ") : [];
        foreach (string sentence in sentences.Length > 1 ? sentences : [])
        {
            double[] own = scores.Of(asked.Passage, sentence, sentence, cancel);
            values = [.. values.Zip(own, Math.Max)];
        }
        return values;
    }

    static ContextChunk Chunk(SourceChunk chunk, double score, ChunkRole role) =>
        new(chunk.Document, chunk.Index, chunk.Tokens, score, role);
}

/// <summary>A question about a passage.</summary>
/// <param name="At">Which sample, which try.</param>
/// <param name="Origin">Where it is from.</param>
/// <param name="Passage">What it is about.</param>
/// <param name="WrittenAbout">The passage's chunks that its writer was shown; empty where nobody knows.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Answer">The answer that came with it.</param>
sealed record AskedQuestion(
    SampleTry At,
    QuestionOrigin Origin,
    Passage Passage,
    IReadOnlyList<int> WrittenAbout,
    string Question,
    string Answer);
