using Farsight.Engine.Memory;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Optimizers;

public sealed class GradientNormTests
{
    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, 40), 63, 64, 65, 127, 129, 768];

    [Theory, MemberData(nameof(Lengths))]
    public void Sum_of_squares_matches_naive(int length)
    {
        using GuardedBuffer values = new(TestData.Normal(length, seed: 1));

        Assert.Equal(values.Span.ToArray().Sum(v => (double)v * v), GradientNorm.SumOfSquares(values.Span), 1e-9);
    }

    [Fact]
    public void Clip_returns_the_norm_and_shrinks_to_the_bound()
    {
        Parameter[] parameters = [Filled("a", 3), Filled("b", 4)];

        double norm = GradientNorm.Clip(parameters, 2);

        Assert.Equal(5, norm, 1e-12);
        Assert.Equal(2, GradientNorm.Of(parameters), 1e-6);
        Assert.Equal(3f * 2 / 5, parameters[0].Gradient.Span[1], 1e-6f);
    }

    [Theory]
    [InlineData(5.0), InlineData(7.0), InlineData(double.PositiveInfinity)]
    public void Gradients_within_the_bound_keep_their_bits(double bound)
    {
        Parameter[] parameters = [Filled("a", 3), Filled("b", 4)];

        Assert.Equal(5, GradientNorm.Clip(parameters, bound), 1e-12);

        Assert.Equal([0, 3, 0], parameters[0].Gradient.Span.ToArray());
    }

    [Theory]
    [InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void A_broken_gradient_is_reported_and_not_spread(float broken)
    {
        Parameter[] parameters = [Filled("a", 3), Filled("b", broken)];

        Assert.False(double.IsFinite(GradientNorm.Clip(parameters, 1)));

        Assert.Equal([0, 3, 0], parameters[0].Gradient.Span.ToArray());
    }

    [Fact]
    public void Gradients_whose_squares_leave_F32_have_a_norm()
    {
        Assert.Equal(1e30, GradientNorm.Of([Filled("a", 1e30f)]), 1e24);
        Assert.Equal(1e-30, GradientNorm.Of([Filled("a", 1e-30f)]), 1e-36);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        Parameter p = Parameter.Create("a", ParameterRole.Matrix, 300, 301);
        TestData.Normal(300 * 301, seed: 1).CopyTo(p.Gradient.Span);
        int before = Workers.Threads;
        try
        {
            Workers.Threads = 1;
            double one = GradientNorm.Of([p]);
            Workers.Threads = 3;

            Assert.Equal(BitConverter.DoubleToInt64Bits(one), BitConverter.DoubleToInt64Bits(GradientNorm.Of([p])));
        }
        finally
        {
            Workers.Threads = before;
        }
    }

    [Theory]
    [InlineData(0.0), InlineData(-1.0), InlineData(double.NaN)]
    public void Refuses_a_bound_that_is_not_positive(double bound) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientNorm.Clip([], bound));

    static Parameter Filled(string name, float middle)
    {
        Parameter p = Parameter.Create(name, ParameterRole.Vector, 1, 3);
        p.Gradient.Span[1] = middle;
        return p;
    }
}
