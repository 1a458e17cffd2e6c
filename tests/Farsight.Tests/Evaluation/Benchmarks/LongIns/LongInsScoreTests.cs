using Farsight.Evaluation.Benchmarks.LongIns;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.LongIns;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class LongInsScoreTests
{
    [Fact]
    public void LongIns_compares_sets_of_numbers()
    {
        Assert.Equal(0.8, LongInsScore.Score("[1-3]", [1, 2, 3]), 15);
        Assert.Equal(0, LongInsScore.Score("1", []));
        Assert.Equal(1, LongInsScore.Score("1", [], MetricMode.Clean));
    }
}
