using System.Collections.Concurrent;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core.Ranking;

namespace Farsight.Tests.Evaluation.Core.Ranking;

public sealed class PairwiseRankingTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Three_wins_of_four_give_the_logarithm_of_three_between_the_two_systems()
    {
        PairwiseRanking ranking = PairwiseRanking.Of([Won("1"), Won("2"), Won("3"), new("4", "x", "y", 0, 0)], seed: 7);

        Assert.Equal(["x", "y"], ranking.Systems.Select(s => s.Name));
        Assert.Equal(Math.Log(3) / 2, ranking.Systems[0].Strength, 9);
        Assert.Equal(-Math.Log(3) / 2, ranking.Systems[1].Strength, 9);
        Assert.Equal((4, 0, 0, 0.75), (ranking.Questions, ranking.Ties, ranking.PositionBias, ranking.Systems[0].WinRate));
        Assert.True(ranking.Systems[0].Low < ranking.Systems[0].Strength && ranking.Systems[0].Strength < ranking.Systems[0].High);
        Assert.InRange(ranking.PriorResamples, 0.25, 0.40); // (3/4)^4 of the resamples have wins only, (1/4)^4 losses only
    }

    [Fact]
    public void Opposite_verdicts_of_the_two_orders_are_a_tie_and_count_as_position_bias()
    {
        PairwiseRanking ranking = PairwiseRanking.Of([new("1", "x", "y", 1, 0), Won("2"), new("3", "x", "y", 0, 0)], seed: 7);

        Assert.Equal((1 / 3.0, 1 / 3.0), (ranking.Ties, ranking.PositionBias));
        Assert.Equal(0, ranking.Systems[0].Strength, 9);
    }

    [Fact]
    public void A_system_that_never_loses_gets_a_finite_strength_by_a_prior_that_is_reported()
    {
        PairwiseRanking ranking = PairwiseRanking.Of([Won("1"), Won("2")], seed: 7);

        Assert.Equal(0.5, ranking.Prior);
        Assert.Equal(Math.Log(2.5 / 0.5) / 2, ranking.Systems[0].Strength, 9);
    }

    [Fact]
    public void Systems_that_were_never_compared_cannot_be_ranked()
    {
        PairOutcome[] apart = [Won("1"), new("1", "v", "w", 1, 1)];

        Assert.True(double.IsFinite(PairwiseRanking.Of(apart, seed: 7).Systems[0].Strength)); // the prior links every pair
        Assert.Contains("nothing can be ranked", Assert.Throws<InputException>(() => PairwiseRanking.Of([], seed: 7)).Message);
    }

    [Fact]
    public void A_judge_sees_both_orders_and_its_verdict_is_mapped_back_to_the_systems()
    {
        AnswerPair pair = Pairs("""{"question": "Who?", "answer": "Ann"}""", """{"question": "Who?", "answer": "Bo"}""").Single();
        ConcurrentBag<string> asked = [];
        using ScriptedChat chat = new(prompt =>
        {
            asked.Add(prompt);
            return prompt.Contains("Answer A:\nAnn", StringComparison.Ordinal) ? "[[A]] no, [[B]]" : "Short. [[A]]";
        });
        PairJudge judge = new(new ChatClientModel(chat, "judge"));

        (_, PairOutcome? outcome, string? failure) = Assert.Single(judge.Judge([pair], CancellationToken.None));

        Assert.Null(failure);
        Assert.Equal((0, 0), (outcome!.Forward, outcome.Backward)); // B wins in both orders
        Assert.Contains(asked, p => p.Contains("Answer A:\nAnn\n\nAnswer B:\nBo", StringComparison.Ordinal));
        Assert.Contains(asked, p => p.Contains("Answer A:\nBo\n\nAnswer B:\nAnn", StringComparison.Ordinal));
    }

    [Fact]
    public void A_verdict_without_a_letter_is_no_result()
    {
        AnswerPair pair = Pairs("""{"question": "Who?", "answer": "Ann"}""", """{"question": "Who?", "answer": "Bo"}""").Single();

        using ScriptedChat chat = new(_ => "Both are good.");
        (_, PairOutcome? outcome, string? failure) =
            Assert.Single(new PairJudge(new ChatClientModel(chat, "judge")).Judge([pair], CancellationToken.None));

        Assert.Null(outcome);
        Assert.Equal("the verdict has none of [[A]], [[B]] and [[C]]", failure);
    }

    [Fact]
    public void Files_of_answers_without_a_common_question_or_with_a_repeated_one_are_refused()
    {
        Assert.Contains(
            "share no example",
            Assert.Throws<InputException>(() =>
                Pairs("""{"question": "Who?", "answer": "Ann"}""", """{"question": "Where?", "answer": "Oslo"}""")).Message);
        File.WriteAllText(_folder["twice.jsonl"],
            "{\"question\": \"Who?\", \"answer\": \"Ann\"}\n{\"question\": \"Who?\", \"answer\": \"Bo\"}\n");
        Assert.Contains("repeats the id or question 'Who?'",
            Assert.Throws<InputException>(() => AnswerFile.Read(_folder["twice.jsonl"])).Message);
    }

    static PairOutcome Won(string question) => new(question, "x", "y", 1, 1);

    IReadOnlyList<AnswerPair> Pairs(string first, string second)
    {
        File.WriteAllText(_folder["a.jsonl"], first);
        File.WriteAllText(_folder["b.jsonl"], second);
        return AnswerPair.Of([("a", AnswerFile.Read(_folder["a.jsonl"])), ("b", AnswerFile.Read(_folder["b.jsonl"]))], [], null);
    }
}
