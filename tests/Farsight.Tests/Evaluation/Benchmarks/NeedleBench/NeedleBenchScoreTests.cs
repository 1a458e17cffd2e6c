using Farsight.Evaluation.Benchmarks.NeedleBench;

namespace Farsight.Tests.Evaluation.Benchmarks.NeedleBench;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class NeedleBenchScoreTests
{
    [Fact]
    public void NeedleBench_gives_a_fifth_for_similar_text()
    {
        Assert.Equal(100, NeedleBenchScore.Version1("x key y", "a needle", "key"));
        Assert.Equal(10, NeedleBenchScore.Version1("ab", "a b c d", "key"), 12);
        Assert.Equal(0, NeedleBenchScore.Version2("ab", "key"));
        Assert.Equal(6, NeedleBenchScore.Distance("abcdzzde xxxxxx", "abcdzzde"));
        Assert.Equal(0, NeedleBenchScore.Distance("abcdzzde xxxxxx", "abcdzzde", trim: true));
        Assert.Equal(100, NeedleBenchScore.Trace(@"\boxed{A} so \boxed{\text{James  Hill}}", "James Hill"));
        Assert.Equal("None", NeedleBenchScore.TraceAnswer(@"\boxed{James"));
    }
}
