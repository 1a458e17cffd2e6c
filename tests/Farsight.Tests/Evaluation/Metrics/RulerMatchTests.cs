using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Metrics;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class RulerMatchTests
{
    [Fact]
    public void Ruler_finds_references_whatever_the_case()
    {
        Assert.Equal("a\nb", RulerMatch.Prepare(" \0a\x01" + "b\t"));
        Assert.Equal(0.5, RulerMatch.All("the number is 12345", ["12345", "999"]));
        Assert.Equal(1, RulerMatch.Any("PARIS it is", ["paris", "rome"]));
        Assert.Equal(1, RulerMatch.All("912345", ["12345"]));
        Assert.Equal(0, RulerMatch.All("912345", ["12345"], MetricMode.Clean));
        Assert.Throws<ArgumentException>(() => RulerMatch.All("x", []));
    }
}
