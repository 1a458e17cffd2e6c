using Farsight.Engine.Inference;
using Farsight.Engine.Models;

namespace Farsight.Tests.Engine.Inference;

public sealed class GivenPositionsTests
{
    static readonly int[] s_prompt = Tokens(0, 30);
    static readonly int[] s_positions = [.. Enumerable.Range(0, 30).Select(i => i < 12 ? i : i < 20 ? 40 + i : 3 * i + 70)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scores_at_given_positions_are_those_of_a_training_pass_at_these_positions(bool qwen)
    {
        using DecoderModel model = SmallModel.Create(qwen: qwen);
        int[][] responses = [Tokens(1, 5), Tokens(2, 1), Tokens(3, 9)];
        TokenTreeBuilder builder = new();
        int prompt = builder.Add(TokenTreeBuilder.Root, s_prompt, s_positions, scored: false);
        foreach (int[] response in responses)
        {
            builder.Add(prompt, response, Behind(response.Length), scored: true);
        }

        IReadOnlyList<ContinuationScore> scores = new ContinuationScorer(model).Score(
            [.. responses.Select(r => new ScoringRequest(s_prompt, r) { Positions = s_positions })]);

        double[] scored = [.. scores.SelectMany(s => s.LogProbs).Select(p => (double)p)];
        Near.Each(scored, model.LogProbs(builder.Build()), relative: 1e-6, absolute: 1e-6);
    }

    [Fact]
    public void A_prompt_of_several_passes_keeps_its_positions()
    {
        using DecoderModel model = SmallModel.Create();
        int[] prompt = Tokens(4, 2500), positions = [.. Enumerable.Range(0, 2500).Select(i => i + i / 100 * 7)], response = Tokens(5, 3);

        ContinuationScore score = new ContinuationScorer(model).Score([new(prompt, response) { Positions = positions }])[0];

        TokenTreeBuilder builder = new();
        int root = builder.Add(TokenTreeBuilder.Root, prompt, positions, scored: false);
        builder.Add(root, response, [positions[^1] + 1, positions[^1] + 2, positions[^1] + 3], scored: true);
        Near.Each([.. score.LogProbs.Select(p => (double)p)], model.LogProbs(builder.Build()), relative: 1e-6, absolute: 1e-6);
    }

    [Fact]
    public void Positions_may_cover_the_continuation_too()
    {
        using DecoderModel model = SmallModel.Create();
        int[] response = Tokens(6, 4), behind = [200, 210, 211, 300], positions = [.. s_positions, .. behind];

        ContinuationScore score = new ContinuationScorer(model).Score([new(s_prompt, response) { Positions = positions }])[0];

        TokenTreeBuilder builder = new();
        int root = builder.Add(TokenTreeBuilder.Root, s_prompt, s_positions, scored: false);
        builder.Add(root, response, behind, scored: true);
        Near.Each([.. score.LogProbs.Select(p => (double)p)], model.LogProbs(builder.Build()), relative: 1e-6, absolute: 1e-6);
    }

    [Fact]
    public void New_tokens_continue_after_the_last_position_in_steps_of_1()
    {
        using DecoderModel model = SmallModel.Create();

        int[] made = Decode(model, s_positions)[0];

        TokenTreeBuilder builder = new();
        int root = builder.Add(TokenTreeBuilder.Root, s_prompt, s_positions, scored: false);
        builder.Add(root, made, Behind(made.Length), scored: true);
        using TreePass pass = model.Evaluate(builder.Build());
        Assert.Equal(pass.TopTokens, made);
    }

    [Fact]
    public void Prompts_at_several_positions_do_not_change_each_other()
    {
        using DecoderModel model = SmallModel.Create();
        int[] other = [.. s_positions.Select(p => p + 17)];
        int[]?[] positions = [s_positions, null, other, s_positions];

        int[][] together = Decode(model, positions);

        Assert.Equal(positions.Select(p => Decode(model, p)[0]), together);
        IReadOnlyList<ContinuationScore> scores =
            new ContinuationScorer(model).Score([new(s_prompt, [1]) { Positions = s_positions }, new(s_prompt, [1])]);
        Assert.NotEqual(scores[0].LogProbs[0], scores[1].LogProbs[0], tolerance: 1e-4f);
        Assert.Equal(Decode(model, [null])[0], Decode(model, [.. Enumerable.Range(0, s_prompt.Length)])[0]);
    }

    [Fact]
    public void Positions_that_do_not_fit_the_prompt_are_refused()
    {
        using DecoderModel model = SmallModel.Create();
        int[][] wrong = [[], [0, 1], [-1, .. s_positions[1..]], [.. s_positions[..^1], s_positions[^2]]];

        foreach (int[] positions in wrong)
        {
            Assert.Throws<ArgumentException>(() => Decode(model, positions));
            Assert.Throws<ArgumentException>(
                () => new ContinuationScorer(model).Score([new(s_prompt, [1]) { Positions = positions }]));
        }
    }

    static int[][] Decode(DecoderModel model, params int[]?[] positions) =>
        new PromptDecoder(model).Greedy([.. positions.Select(_ => s_prompt)], [.. positions.Select(_ => 8)], positions);

    static int[] Behind(int count) => [.. Enumerable.Range(s_positions[^1] + 1, count)];

    static int[] Tokens(int which, int count) => [.. Enumerable.Range(0, count).Select(i => (i * i + 3 * i + 11 * which) % 50)];
}
