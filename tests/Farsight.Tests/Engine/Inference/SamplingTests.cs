using Farsight.Engine.Inference;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Inference;

public sealed class SamplingTests
{
    static readonly float[] s_logits = [.. new[] { 0.5, 0.3, 0.15, 0.05 }.Select(p => (float)Math.Log(p))];

    [Fact]
    public void Greedy_takes_the_largest()
    {
        SeededRandom random = new(1);

        Assert.Equal(0, Sampling.Greedy.Choose(s_logits, ref random));
    }

    [Theory]
    [InlineData(1, 1, new[] { 0.5, 0.3, 0.15, 0.05 })]
    [InlineData(1, 0.8, new[] { 0.625, 0.375, 0, 0 })]
    [InlineData(0.5, 1, new[] { 0.25 / 0.365, 0.09 / 0.365, 0.0225 / 0.365, 0.0025 / 0.365 })]
    public void Draws_have_the_shares_of_the_distribution(double temperature, double topP, double[] shares)
    {
        const int Draws = 20_000;
        SeededRandom random = new(7);
        int[] counts = new int[4];
        for (int i = 0; i < Draws; i++)
        {
            counts[new Sampling(temperature, topP).Choose(s_logits, ref random)]++;
        }

        for (int token = 0; token < 4; token++)
        {
            Assert.InRange(counts[token] / (double)Draws, shares[token] - 0.015, shares[token] + 0.015); // over four standard deviations
        }
    }

    [Theory]
    [InlineData(2, 1, 0, new[] { 0.625, 0.375, 0, 0 })]
    [InlineData(3, 0.6, 0, new[] { 0.625, 0.375, 0, 0 })] // half of the three's mass is not yet 0.6
    [InlineData(0, 1, 0.29, new[] { 0.5263, 0.3158, 0.1579, 0 })]
    [InlineData(1, 1, 0, new double[] { 1, 0, 0, 0 })]
    [InlineData(99, 1, 0, new[] { 0.5, 0.3, 0.15, 0.05 })]
    public void Only_likely_tokens_are_drawn_where_that_is_asked(int topK, double topP, double minP, double[] shares)
    {
        const int Draws = 20_000;
        SeededRandom random = new(7);
        int[] counts = new int[4];
        for (int i = 0; i < Draws; i++)
        {
            counts[new Sampling(1, topP, topK, minP).Choose(s_logits, ref random)]++;
        }

        for (int token = 0; token < 4; token++)
        {
            Assert.InRange(counts[token] / (double)Draws, shares[token] - 0.015, shares[token] + 0.015); // over four standard deviations
        }
    }

    [Fact]
    public void A_penalty_lowers_seen_tokens_of_either_sign()
    {
        float[] logits = [2, -2, 1, -1];

        RepetitionPenalty.Apply(logits, [0, 1], 2);

        Assert.Equal([1f, -4f, 1f, -1f], logits);
    }
}
