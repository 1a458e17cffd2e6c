using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Workflows.Study;

namespace Farsight.Tests.Evaluation.Metrics;

/// <summary>Quantiles from published tables with all digits, and intervals where nothing varies or little is known.</summary>
public sealed class IntervalBoundsTests
{
    [Theory]
    [InlineData(1, 12.706204736432095)] // tan(0.475 π)
    [InlineData(2, 4.302652729911275)] // 0.95 · √(2 / 0.0975)
    [InlineData(3, 3.1824463052842629)]
    [InlineData(4, 2.7764451051977987)]
    [InlineData(10, 2.2281388519649385)]
    [InlineData(30, 2.0422724563012373)]
    [InlineData(100, 1.9839715184496334)]
    public void A_quantile_has_its_value_to_nine_digits(double freedom, double quantile) =>
        Assert.Equal(quantile, StudentT.Quantile95(freedom), 1e-9 * quantile);

    [Fact]
    public void Quantiles_fall_as_the_degrees_of_freedom_rise()
    {
        double[] quantiles = [.. Enumerable.Range(1, 400).Select(i => StudentT.Quantile95(i * 0.25))];

        Assert.All(quantiles.Zip(quantiles.Skip(1)), p => Assert.True(p.First > p.Second));
        Assert.Throws<ArgumentOutOfRangeException>(() => StudentT.Quantile95(0));
    }

    [Fact]
    public void Empty_samples_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.Distribution(0, 1, "a", _ => 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Interval.Wilson(0.5, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SeedsAndExamples.Of(0, ResamplingUnits.Each(1), (_, _) => 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Jackknife.Variance([], _ => 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SeedsAndExamples.Of(1, ResamplingUnits.Each(0), (_, _) => 0));
    }

    [Fact]
    public void Resamples_are_as_many_and_as_long_as_stated_and_draw_every_example()
    {
        HashSet<int> drawn = [];
        double[] lengths = Bootstrap.Distribution(3, 1, "a", indices =>
        {
            drawn.UnionWith(indices);
            return indices.Length;
        });

        Assert.Equal(1000, lengths.Length);
        Assert.All(lengths, l => Assert.Equal(3, l));
        Assert.Equal([0, 1, 2], drawn.Order());
        Assert.Equal(new Interval(1, 3), Bootstrap.Middle([3, 1, 2])); // nearest ranks 0.05 and 1.95
    }

    [Fact]
    public void One_value_is_its_own_interval() => Assert.Equal(new Interval(4, 4), Interval.Normal([4]));

    [Fact]
    public void Normal_intervals_use_the_sample_variance()
    {
        Interval interval = Interval.Normal([1, 2, 6]); // mean 3, s² = (4 + 1 + 9)/2 = 7

        Assert.Equal(3 - 1.959963984540054 * Math.Sqrt(7.0 / 3), interval.Low, 1e-12);
        Assert.Equal(3 + 1.959963984540054 * Math.Sqrt(7.0 / 3), interval.High, 1e-12);
    }

    [Fact]
    public void Where_nothing_varies_an_interval_is_a_point_and_a_share_has_Wilsons()
    {
        SeedsAndExamples same = SeedsAndExamples.Of(2, ResamplingUnits.Each(5), (_, _) => 0.5);

        Assert.Equal((0, double.PositiveInfinity), (same.Variance, same.Freedom));
        Assert.Equal(new Interval(0.5, 0.5), same.Plain());
        Assert.Equal(new Interval(0.5, 0.5), same.Positive());
        Assert.Equal(Interval.Wilson(0.5, 5), same.Share());
        Assert.Equal(Interval.Wilson(0, 5), SeedsAndExamples.Of(2, ResamplingUnits.Each(5), (_, _) => 0).Share());
    }

    [Fact]
    public void A_share_counts_no_example_more_often_than_there_are_seeds()
    {
        // These scores would vary like those of thousands of examples.
        SeedsAndExamples estimate = SeedsAndExamples.Of(2, ResamplingUnits.Each(2), (s, _) => 0.5 + 0.001 * s);

        Assert.Equal(Interval.Wilson(estimate.Value, 4), estimate.Share());
    }

    [Fact]
    public void One_seed_or_one_example_has_no_variance_of_its_own()
    {
        SeedsAndExamples seed = SeedsAndExamples.Of(1, ResamplingUnits.Each(3), (_, drawn) => drawn.Average());
        SeedsAndExamples example = SeedsAndExamples.Of(3, ResamplingUnits.Each(1), (s, _) => s);

        Assert.Equal((1, 1, 3), (seed.Value, seed.Seeds, seed.Examples));
        Assert.Equal(0, seed.SeedVariance);
        Assert.Equal(1.0 / 3, seed.ExampleVariance, 1e-12); // s²/3 of 0, 1, 2
        Assert.Equal(2, seed.Freedom, 1e-12);
        Assert.Equal((1, 3, 1), (example.Value, example.Seeds, example.Examples));
        Assert.Equal(1.0 / 3, example.SeedVariance, 1e-12); // s²/3 of 0, 1, 2
        Assert.Equal((0, 2), (example.ExampleVariance, example.Freedom));
    }
}
