using Farsight.Engine.Inference;
using Farsight.Engine.Models;

namespace Farsight.Tests.Engine.Inference;

public sealed class ContinuationScorerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scores_are_those_of_one_forward_for_each_continuation(bool qwen)
    {
        using DecoderModel model = SmallModel.Create(qwen: qwen);
        int[] shots = Tokens(0, 40);
        ScoringRequest[] requests =
        [
            .. Enumerable
                .Range(0, 6)
                .SelectMany(question =>
                    Enumerable
                        .Range(0, 4)
                        .Select(choice => new ScoringRequest(
                            [.. shots, .. Tokens(question, 10 + question)],
                            choice == 3 ? Tokens(question + 1, 9) : [choice + 5, .. Tokens(choice, choice)]))),
            new([1], [2, 3]),
            new(shots, [7]),
            new([.. shots, 7], [8, 9]),
            new(shots, [7, 8, 9]),
            new([2], Tokens(4, 1100)),
        ];

        IReadOnlyList<ContinuationScore> scores = new ContinuationScorer(model).Score(requests);

        for (int i = 0; i < requests.Length; i++)
        {
            (float[] logProbs, bool isGreedy) = Alone(model, requests[i]);
            Near.Each([.. scores[i].LogProbs.Select(p => (double)p)], logProbs, relative: 1e-5, absolute: 1e-5);
            Assert.Equal(isGreedy, scores[i].IsGreedy);
        }
    }

    [Fact]
    public void More_branches_than_a_cache_holds_are_scored_all_the_same()
    {
        using DecoderModel model = SmallModel.Create();
        // Every document is below the one before for a while, so that the way to the next one grows among finished branches.
        ScoringRequest[] requests = [.. Enumerable.Range(1, 12).SelectMany(depth => Enumerable.Range(0, 3).Select(branch =>
            new ScoringRequest([.. Tokens(0, 60 * depth), 40 + branch, .. Tokens(branch + depth, 300)], [branch])))];

        IReadOnlyList<ContinuationScore> scores = new ContinuationScorer(model).Score(requests);

        for (int i = 0; i < requests.Length; i++)
        {
            Near.Each([scores[i].LogProbs[0]], Alone(model, requests[i]).LogProbs, relative: 1e-5, absolute: 1e-5);
        }
    }

    [Fact]
    public void Greedy_means_that_the_model_would_write_it()
    {
        using DecoderModel model = SmallModel.Create();
        int[] greedy = new PromptDecoder(model).Greedy([[3, 1, 4]], [3])[0];

        IReadOnlyList<ContinuationScore> scores = new ContinuationScorer(model).Score([
            new([3, 1, 4], greedy),
            new([3, 1, 4], [greedy[0], greedy[1], (greedy[2] + 1) % 50]),
        ]);

        Assert.Equal([true, false], scores.Select(s => s.IsGreedy));
    }

    [Fact]
    public void What_is_empty_is_refused()
    {
        using DecoderModel model = SmallModel.Create();

        Assert.Throws<ArgumentException>(() => new ContinuationScorer(model).Score([new([], [1])]));
        Assert.Throws<ArgumentException>(() => new ContinuationScorer(model).Score([new([1], [])]));
        Assert.Empty(new ContinuationScorer(model).Score([]));
    }

    static (float[] LogProbs, bool IsGreedy) Alone(DecoderModel model, ScoringRequest request)
    {
        int[] tokens = [.. request.Prompt, .. request.Continuation];
        using TreePass pass = model.Evaluate(TokenTree.Sequence(tokens));
        return (
            pass.LogProbs[(request.Prompt.Count - 1)..],
            pass.TopTokens.Skip(request.Prompt.Count - 1).SequenceEqual(request.Continuation));
    }

    static int[] Tokens(int which, int count) => [.. Enumerable.Range(0, count).Select(i => (i * i + 3 * i + 11 * which) % 50)];
}
