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
