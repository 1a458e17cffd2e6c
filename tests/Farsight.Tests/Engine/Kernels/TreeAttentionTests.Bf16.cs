using Farsight.Engine.Kernels;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Kernels;

/// <summary>Attention whose products are computed in BF16.</summary>
public sealed partial class TreeAttentionTests
{
    // Numbers are rounded to 8 bits, so to 2⁻⁹ at most; a sum of rounded terms is closer than its terms.
    const double LeastBf16Error = 1e-5, MostBf16Error = 8e-3;

    [Theory, MemberData(nameof(Trees))]
    public void Bf16_is_near_naive_on_every_tier(string tree, int headDim, int group) =>
        AssertBf16IsNear(new Case(tree, new AttentionShape(2 * group, 2, headDim) { Arithmetic = Arithmetic.BF16 }));

    [Theory]
    [InlineData("300", 2f, 0.25f, 20), InlineData("300", 50f, 0.25f, int.MaxValue), InlineData("prompt+leaves", 2f, 0.5f, 5)]
    public void Bf16_with_limits_and_windows_is_near_naive(string tree, float cap, float scale, int window) => AssertBf16IsNear(
        new Case(tree, new AttentionShape(6, 2, 40) { Scale = scale, Softcap = cap, Arithmetic = Arithmetic.BF16 }, window: window));

    [Fact]
    public void Bf16_has_the_same_bits_on_every_number_of_threads()
    {
        Case c = new("two roots", new AttentionShape(6, 2, 64) { Arithmetic = Arithmetic.BF16 });
        float[] With(int threads)
        {
            using ThreadCount _ = new(threads);
            return c.Run("public").All;
        }

        float[] one = With(1);

        Assert.Equal(one, With(2));
        Assert.Equal(one, With(5));
    }

    static void AssertBf16IsNear(Case c)
    {
        TreeAttentionNaive.Result expected = c.Naive();
        foreach (string tier in s_tiers)
        {
            Outcome actual = c.Run(tier);

            double least = c.Queries.Length == c.Shape.QueryWidth ? 0 : LeastBf16Error;
            Assert.InRange(Error(expected.Output, actual.Output), least, MostBf16Error);
            Assert.InRange(Error(expected.LogSumExp, actual.LogSumExp), 0, MostBf16Error);
            Assert.InRange(Error(expected.DValues, actual.DValues), LeastBf16Error, MostBf16Error);
            if (c.Queries.Length > c.Shape.QueryWidth) // one key leaves no gradient to the scores
            {
                Assert.InRange(Error(expected.DQueries, actual.DQueries), LeastBf16Error, MostBf16Error);
                Assert.InRange(Error(expected.DKeys, actual.DKeys), LeastBf16Error, MostBf16Error);
            }
        }
    }

    /// <summary>‖actual − expected‖ / ‖expected‖.</summary>
    static double Error(double[] expected, float[] actual) => Math.Sqrt(
        expected.Zip(actual, (e, a) => (a - e) * (a - e)).Sum() / expected.Sum(e => e * e));
}
