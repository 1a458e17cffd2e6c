using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Synthesis.Scoring;

public sealed class ChunkScorerTests
{
    const string Question = "What is the special magic number for amber falcon?",
        Answer = "The special magic number for amber falcon is 4711.";

    static readonly string[] s_chunks =
    [
        "The road went on. Nobody spoke of the falcon, the amber or any number. It was a special evening.",
        "The road went on. The special magic number for amber falcon is 4711. Nobody spoke.",
        "The special magic number for rusty kettle is 1234.",
        "Rain fell on the hills.",
    ];

    public static TheoryData<string> Names => [.. ChunkScorers.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_chunk_that_answers_scores_best_and_one_that_shares_nothing_scores_0(string name)
    {
        double[] scores = Scores(name, Question, Answer);

        Assert.Equal(1, Array.IndexOf(scores, scores.Max()));
        Assert.Single(scores, s => s == scores.Max());
        Assert.Equal(0, scores[3]);
        Assert.All(scores, s => Assert.True(s >= 0 && double.IsFinite(s)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Texts_without_any_term_score_0(string name)
    {
        Assert.All(Scores(name, "", ""), s => Assert.Equal(0, s));
        Assert.Equal(
            [0.0, 0.0],
            ChunkScorers.Open(name).Read(["", "..."], CancellationToken.None).Scores(Question, Answer, CancellationToken.None));
        Assert.Empty(ChunkScorers.Open(name).Read([], CancellationToken.None).Scores(Question, Answer, CancellationToken.None));
    }

    [Fact]
    public void The_papers_score_counts_each_shared_entity_once() => Assert.Equal([4, 6, 3, 0], Scores("entities", Question, Answer)); // special, number, amber, falcon; those, magic, 4711; special, magic, number

    [Fact]
    public void Bm25_is_its_formula()
    {
        // "rain" is in 1 of 2 chunks, once among 3 terms; the other chunk has 1 term.
        double[] scores = ChunkScorers
            .Open("bm25")
            .Read(["Rain fell yesterday", "Hills"], CancellationToken.None)
            .Scores("rain?", "", CancellationToken.None);

        Assert.Equal(
            [2.2 / (1 + (1.2 * (0.25 + (0.75 * 3 / 2)))), 0],
            scores.Select(s => Math.Round(s, 12)),
            (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void Evidence_is_1_where_everything_stands_once_in_one_sentence()
    {
        double[] scores = ChunkScorers
            .Open("evidence")
            .Read(["amber falcon", "rusty kettle"], CancellationToken.None)
            .Scores("Amber falcon?", "falcon", CancellationToken.None);

        Assert.Equal([1, 0], scores.Select(s => Math.Round(s, 9)));
    }

    [Fact]
    public void Evidence_prefers_terms_in_one_sentence_and_in_their_order()
    {
        double[] scores = ChunkScorers
            .Open("evidence")
            .Read(
                ["Amber slept. Falcon flew. Road.", "Falcon slept, amber flew. Road.", "Amber falcon slept, flew. Road."],
                CancellationToken.None)
            .Scores("amber falcon", "", CancellationToken.None);

        Assert.True(scores[0] < scores[1] && scores[1] < scores[2]);
    }

    [Fact]
    public void A_scorer_that_asks_a_model_needs_one() => Assert.Contains(
        "scorer is llm, which asks the language model of an endpoint",
        Assert.ThrowsAny<InputException>(() => ChunkScorers.Open("llm")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void An_unknown_scorer_is_answered_with_those_there_are() => Assert.Contains(
        "evidence, entities, bm25", Assert.ThrowsAny<InputException>(() => ChunkScorers.Open("spacy")).Message, StringComparison.Ordinal);

    static double[] Scores(string name, string question, string answer) =>
        ChunkScorers.Open(name).Read(s_chunks, CancellationToken.None).Scores(question, answer, CancellationToken.None);
}
