using Farsight.Engine.Numerics;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Metrics;

public sealed class BootstrapTests
{
    [Fact]
    public void The_interval_of_a_mean_is_as_wide_as_its_standard_error_says()
    {
        SeededRandom random = SeededRandom.For(3, "bootstrap test", 0);
        double[] values = new double[400];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.NextNormal();
        }

        Interval interval = Bootstrap.Interval(values.Length, 1, "test", drawn => drawn.Average(i => values[i]));
        Interval normal = Interval.Normal(values);

        Assert.Equal(normal.Low, interval.Low, 0.02); // the standard error is 0.05
        Assert.Equal(normal.High, interval.High, 0.02);
    }

    [Fact]
    public void The_draws_follow_from_seed_purpose_and_count_alone()
    {
        Assert.Equal(First(1, "a"), First(1, "a"));
        Assert.NotEqual(First(1, "a"), First(2, "a"));
        Assert.NotEqual(First(1, "a"), First(1, "b"));

        static double[] First(int seed, string purpose) => Bootstrap.Distribution(50, seed, purpose, drawn => drawn[0]);
    }

    [Fact]
    public void The_middle_is_from_the_2_5th_to_the_97_5th_percentile() =>
        Assert.Equal(new Interval(25, 975), Bootstrap.Middle([.. Enumerable.Range(0, 1001).Select(i => (double)i).Reverse()]));
}
