using Farsight.Engine.Kernels;

namespace Farsight.Tests.Engine.Kernels;

public sealed class RunningLogSumExpTests
{
    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, 40), 63, 64, 65, 127, 129, 768];

    [Theory, MemberData(nameof(Lengths))]
    public void Pieces_give_the_value_of_the_whole(int length)
    {
        float[] logits = [.. TestData.Normal(length, seed: 1).Select(v => 10 * v)];
        using GuardedBuffer whole = new(logits);

        RunningLogSumExp pieces = RunningLogSumExp.Empty;
        for (int i = 0; i < length; i += 17)
        {
            pieces = pieces.With(logits.AsSpan(i, Math.Min(17, length - i)));
        }

        // F32 rounds logit − max (up to 60) at 4e-6 in the exponent, whose share of the sum is then tiny.
        double expected = Naive(logits);
        Assert.Equal(expected, RunningLogSumExp.Empty.With(whole.Span).Value, 1e-6);
        Assert.Equal(expected, pieces.Value, 1e-6);
    }

    [Fact]
    public void Far_scores_neither_overflow_nor_vanish()
    {
        Assert.Equal(3000 + Math.Log(2), RunningLogSumExp.Empty.With([3000, -3000, 3000]).Value, 1e-9);
        Assert.Equal(-3000 + Math.Log(2), RunningLogSumExp.Empty.With([-3000]).With([-3000]).Value, 1e-9);
        Assert.Equal(3000, RunningLogSumExp.Empty.With([-3000]).With([3000]).With([0]).Value, 1e-9);
    }

    [Theory]
    [InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void A_broken_score_is_seen(float broken)
    {
        float[] logits = TestData.Normal(40, seed: 1);
        logits[3] = broken;

        Assert.True(double.IsNaN(RunningLogSumExp.Empty.With(logits).With(new float[40]).Value));
    }

    static double Naive(float[] logits) => Math.Log(logits.Sum(l => Math.Exp(l - (double)logits.Max()))) + logits.Max();
}
