using Farsight.Engine;
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
    [InlineData(0, 0), InlineData(1, 0), InlineData(1, 2)]
    public void Logits_that_are_not_finite_are_refused(double temperature, int topK)
    {
        float[][] bad =
        [
            [1, 2, float.NaN, 3], [float.NaN, 1, 2, 3], [float.NaN, float.NaN, float.NaN, float.NaN],
            [1, 2, float.PositiveInfinity, 3], [float.NegativeInfinity, float.NegativeInfinity],
        ];
        foreach (float[] logits in bad)
        {
            InputException e = Assert.Throws<InputException>(() =>
            {
                SeededRandom random = new(1);
                return new Sampling(temperature, 0.9, topK).Choose(logits, ref random);
            });

            Assert.Equal("The model's logits are not finite; check its weights or the adapter.", e.Message);
        }
    }

    [Theory]
    [InlineData(0, 0), InlineData(1, 0), InlineData(1, 2)]
    public void A_token_is_excluded_by_a_logit_of_minus_infinity(double temperature, int topK)
    {
        SeededRandom random = new(1);

        Assert.Equal(1, new Sampling(temperature, 1, topK).Choose([float.NegativeInfinity, 5, float.NegativeInfinity], ref random));
    }

    [Fact]
    public void A_temperature_that_is_zero_as_a_float_is_greedy()
    {
        SeededRandom random = new(1);

        Assert.Equal(2, new Sampling(1e-46, 0.9, TopK: 2).Choose([1, 2, 3, 0], ref random));
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

    public static TheoryData<int, double, double> Restrictions
    {
        get
        {
            TheoryData<int, double, double> cases = [];
            foreach (int topK in (int[])[0, 1, 2, 7, 40, 300, 1000])
            {
                foreach (double topP in (double[])[1e-9, 0.3, 0.9, 0.999, 1 - 1e-7, 1 - 1e-15, 1])
                {
                    cases.Add(topK, topP, topK == 7 ? 0.2 : 0);
                }
            }
            return cases;
        }
    }

    [Theory, MemberData(nameof(Restrictions))]
    public void Chooses_the_token_that_sorting_the_vocabulary_would_choose(int topK, double topP, double minP)
    {
        foreach (int vocabulary in (int[])[1, 2, 3, 17, 64, 301])
        {
            for (int seed = 0; seed < 40; seed++)
            {
                // Flat, peaked, full of ties, all equal, and tokens that are excluded.
                float[] logits = TestData.Normal(vocabulary, seed);
                logits = (seed % 5) switch
                {
                    0 => logits,
                    1 => [.. logits.Select(l => 8 * l)],
                    2 => [.. logits.Select(l => MathF.Round(2 * l))],
                    3 => new float[vocabulary],
                    _ => [.. logits.Select((l, i) => i % 3 == 1 ? float.NegativeInfinity : l)],
                };
                Sampling sampling = new(seed % 2 == 0 ? 1 : 0.7, topP, topK, minP);
                SeededRandom random = new((ulong)seed), naive = new((ulong)seed);

                for (int draw = 0; draw < 3; draw++)
                {
                    Assert.Equal(SamplingNaive.Choose(sampling, logits, ref naive), sampling.Choose(logits, ref random));
                }
            }
        }
    }

    [Fact]
    public void Of_equal_tokens_at_the_limit_the_lower_ids_are_kept()
    {
        float[] logits = new float[100];
        SeededRandom random = new(3);

        int[] drawn = [.. Enumerable.Range(0, 500).Select(_ => new Sampling(1, 1, TopK: 5).Choose(logits, ref random))];

        Assert.Equal([0, 1, 2, 3, 4], drawn.Distinct().Order());
    }

    [Fact]
    public void Choosing_allocates_nothing()
    {
        float[] logits = TestData.Normal(50_000, seed: 1);
        Sampling sampling = new(1, 0.9, TopK: 50);
        SeededRandom random = new(3);
        _ = sampling.Choose(logits, ref random);
        long before = GC.GetAllocatedBytesForCurrentThread();

        _ = sampling.Choose(logits, ref random);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public void A_penalty_lowers_seen_tokens_of_either_sign()
    {
        float[] logits = [2, -2, 1, -1];

        RepetitionPenalty.Apply(logits, [0, 1], 2);

        Assert.Equal([1f, -4f, 1f, -1f], logits);
    }
}
