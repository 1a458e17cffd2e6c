using Farsight.Evaluation.Metrics;
using Farsight.Workflows.Reports;

namespace Farsight.Tests.Workflows.Reports;

public sealed class MeanIntervalTests
{
    [Fact]
    public void A_mean_has_the_interval_of_Student()
    {
        Interval interval = MeanInterval.Of(Values("loss", 4, 0.5, 16), "loss", isShare: false)!.Value;

        Assert.Equal(4 - 2.1314495 * 0.5, interval.Low, 6); // t for 15 degrees of freedom
        Assert.Equal(4 + 2.1314495 * 0.5, interval.High, 6);
    }

    [Fact]
    public void A_share_of_none_has_an_interval_with_a_width()
    {
        Interval interval = MeanInterval.Of(Values("accuracy", 0, 0, 16), "accuracy", isShare: true)!.Value;

        Assert.Equal(0, interval.Low);
        Assert.Equal(3.8414588 / (16 + 3.8414588), interval.High, 6); // Wilson: z² / (n + z²)
    }

    [Fact]
    public void A_run_of_an_earlier_version_has_no_interval() =>
        Assert.Null(MeanInterval.Of(new Dictionary<string, double> { ["loss"] = 4 }, "loss", isShare: false));

    [Fact]
    public void A_change_adds_the_variances_of_both_measurements()
    {
        Interval interval = MeanInterval.OfChange(Values("loss", 4, 0.3, 16), Values("loss", 3, 0.4, 16), "loss", isShare: false)!.Value;

        Assert.Equal(-1 - 2.1314495 * 0.5, interval.Low, 6);
        Assert.Equal(-1 + 2.1314495 * 0.5, interval.High, 6);
    }

    [Fact]
    public void A_change_between_two_shares_of_none_has_an_interval_with_a_width()
    {
        Interval interval = MeanInterval.OfChange(Values("match", 0, 0, 16), Values("match", 0, 0, 16), "match", isShare: true)!.Value;

        Assert.Equal(3.8414588 / (16 + 3.8414588), interval.High, 6); // Newcombe, from the Wilson interval of 0 of 16
        Assert.Equal(-interval.High, interval.Low);
    }

    static Dictionary<string, double> Values(string name, double mean, double error, double count) =>
        new() { [name] = mean, [$"{name}_se"] = error, [$"{name}_n"] = count };
}
