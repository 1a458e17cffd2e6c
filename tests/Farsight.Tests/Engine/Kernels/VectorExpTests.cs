using System.Runtime.Intrinsics;
using Farsight.Engine.Kernels;

namespace Farsight.Tests.Engine.Kernels;

public sealed class VectorExpTests
{
    // Every width works on every machine: what the processor lacks, .NET computes in halves.
    public static TheoryData<int> Widths => [1, 4, 8, 16];

    [Theory, MemberData(nameof(Widths))]
    public void Agrees_with_the_double_function_over_the_range(int width)
    {
        const int Count = 1 << 18;
        for (int i = 0; i < Count; i++)
        {
            float x = -87.3365f + (88.72283f + 87.3365f) * i / (Count - 1);
            double expected = Math.Exp(x);
            float actual = Exp(x, width);
            if (!(Math.Abs(actual - expected) <= 1.8e-7 * expected)) // 1.5 units in the last place; written so that NaN fails
            {
                Assert.Fail($"exp({x:R}): expected {expected:R}, got {actual:R}.");
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Has_exact_ends(int width)
    {
        Assert.Equal(1f, Exp(0f, width));
        Assert.Equal(1f, Exp(-0f, width));
        Assert.Equal(0f, Exp(-87.34f, width));
        Assert.Equal(0f, Exp(-1e30f, width));
        Assert.Equal(0f, Exp(float.NegativeInfinity, width));
        Assert.True(float.IsNormal(Exp(-87.3365f, width)));
        Assert.True(float.IsFinite(Exp(88.72283f, width)));
        Assert.Equal(float.PositiveInfinity, Exp(88.73f, width));
        Assert.Equal(float.PositiveInfinity, Exp(1e30f, width));
        Assert.Equal(float.PositiveInfinity, Exp(float.PositiveInfinity, width));
        Assert.True(float.IsNaN(Exp(float.NaN, width)));
    }

    [Fact]
    public void Powers_of_two_agree_with_the_double_function()
    {
        for (int i = 0; i <= 1 << 16; i++)
        {
            float x = -125.99f + 127f * i / (1 << 16);
            Assert.All(Powers(x), y => Assert.InRange(y / Math.Pow(2, x), 1 - 2e-7, 1 + 2e-7));
        }
        Assert.Equal([1f, 1f, 1f], Powers(0));
        Assert.Equal([0f, 0f, 0f], Powers(-127));
        Assert.Equal([0f, 0f, 0f], Powers(float.NegativeInfinity));
        Assert.All(Powers(float.NaN), y => Assert.True(float.IsNaN(y)));
    }

    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, 40), 63, 64, 65, 127, 129];

    [Theory, MemberData(nameof(Lengths))]
    public void A_span_gets_the_bits_of_its_single_values(int length)
    {
        float[] x = [.. TestData.Normal(length, seed: 1).Select(v => 30 * v)];
        using GuardedBuffer values = new(x);

        VectorExp.Exp(values.Span);

        Assert.Equal(x.Select(VectorExp.Exp), values.Span.ToArray());
    }

    static float[] Powers(float x) =>
        [
            VectorExp.PowerOfTwo<Vector128<float>, Tier128>(Vector128.Create(x))[3],
            VectorExp.PowerOfTwo<Vector256<float>, Tier256>(Vector256.Create(x))[7],
            VectorExp.PowerOfTwo<Vector512<float>, Tier512>(Vector512.Create(x))[15],
        ];

    static float Exp(float x, int width) => width switch
    {
        1 => VectorExp.Exp(x),
        4 => VectorExp.Exp<Vector128<float>, Tier128>(Vector128.Create(x))[3],
        8 => VectorExp.Exp<Vector256<float>, Tier256>(Vector256.Create(x))[7],
        _ => VectorExp.Exp<Vector512<float>, Tier512>(Vector512.Create(x))[15],
    };
}
