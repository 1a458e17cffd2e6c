using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Metrics;

public sealed class IntervalTests
{
    [Theory]
    [InlineData(0, 40, 0, 0.087622)] // 0 of 40: z² / (n + z²)
    [InlineData(1, 40, 0.912378, 1)]
    [InlineData(0.5, 10, 0.236593, 0.763407)]
    [InlineData(0.81, 100, 0.722212, 0.874852)]
    public void Wilson_matches_values_worked_out_by_hand(double mean, int n, double low, double high)
    {
        Interval interval = Interval.Wilson(mean, n);

        Assert.Equal(low, interval.Low, 5);
        Assert.Equal(high, interval.High, 5);
    }

    [Theory]
    [InlineData(0, 20, -0.161125, 0.161125)] // w = z² / (20 + z²)
    [InlineData(1, 1, -0.586901, 1)] // w = z² / (1 + z²) = 0.793451
    [InlineData(-0.5, 8, -0.662204, -0.013389)] // w = 0.324408: −0.5 (1 − w) ∓ w
    public void A_difference_that_is_the_same_for_all_units_is_as_uncertain_as_none_of_n(
        double difference, int n, double low, double high)
    {
        Interval interval = Interval.ConstantDifference(difference, n);

        Assert.Equal(low, interval.Low, 1e-5);
        Assert.Equal(high, interval.High, 1e-5);
    }

    [Fact]
    public void Normal_of_equal_values_is_a_point() =>
        Assert.Equal(new Interval(2, 2), Interval.Normal([2, 2, 2]));

    [Fact]
    public void Normal_is_as_wide_as_two_standard_errors()
    {
        Interval interval = Interval.Normal([1, 3]); // s = √2, s/√n = 1

        Assert.Equal(2 - 1.959964, interval.Low, 5);
        Assert.Equal(2 + 1.959964, interval.High, 5);
    }
}
