using Farsight.Alignment.Training;

namespace Farsight.Tests.Alignment.Training;

public sealed class StepSamplesTests
{
    [Fact]
    public void Those_with_numbers_that_are_not_finite_are_named_among_all()
    {
        StepSamples samples = new();
        samples.Add(["a"], [-1f], [0.1f]);
        samples.Add(["b"], [float.NaN], [0.1f]);

        Assert.Equal(" with the samples a, b (in the log-probabilities of b)", samples.Described);
    }

    [Fact]
    public void Of_many_samples_the_first_are_named()
    {
        StepSamples samples = new();
        samples.Add([.. Enumerable.Range(1, 64).Select(i => $"s{i}")], [-1f], [float.PositiveInfinity]);

        Assert.Equal(" with the samples s1, s2, s3, s4, s5, s6, s7, s8 and 56 more", samples.Described);
        Assert.Equal("", new StepSamples().Described);
    }
}
