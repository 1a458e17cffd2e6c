using Farsight.Evaluation.Benchmarks.AdaLEval;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.AdaLEval;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class AdaLEvalAnswerTests
{
    [Fact]
    public void AdaLEval_reads_designations_and_orders()
    {
        Assert.Equal("A12", AdaLEvalAnswer.Best("A12", 12));
        Assert.Equal("A5", AdaLEvalAnswer.Best("A2, not A5", 6));
        Assert.Equal("???", AdaLEvalAnswer.Best("A2, not A5", 6, MetricMode.Clean));
        Assert.True(AdaLEvalAnswer.IsRightOrder("Answer: [3, 1, 2, 4]", [3, 1, 2, 4]));
        Assert.True(AdaLEvalAnswer.IsRightOrder("3 then 1, 2, 4", [3, 1, 2, 4]));
        Assert.True(AdaLEvalAnswer.IsRightOrder("[3]", [3, 1, 2, 4]));
        Assert.False(AdaLEvalAnswer.IsRightOrder("[3]", [3, 1, 2, 4], MetricMode.Clean));
    }
}
