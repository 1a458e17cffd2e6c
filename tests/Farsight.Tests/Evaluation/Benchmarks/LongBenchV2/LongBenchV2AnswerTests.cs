using Farsight.Evaluation.Benchmarks.LongBenchV2;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBenchV2;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class LongBenchV2AnswerTests
{
    [Fact]
    public void LongBench_v2_compensates_what_it_cannot_read()
    {
        Assert.Equal(1, LongBenchV2Answer.Score("**The correct answer is (B)**", "B"));
        Assert.Equal(0.25, LongBenchV2Answer.Score("B", "B", compensated: true));
        Assert.Equal("A", LongBenchV2Answer.Extract("The correct answer is Apple"));
        Assert.Null(LongBenchV2Answer.Extract("The correct answer is Apple", MetricMode.Clean));
    }
}
