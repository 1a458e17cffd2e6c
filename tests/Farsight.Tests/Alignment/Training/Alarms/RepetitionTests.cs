using Farsight.Alignment.Training.Alarms;

namespace Farsight.Tests.Alignment.Training.Alarms;

public sealed class RepetitionTests
{
    [Theory]
    [InlineData(new int[0], 4, 0)]
    [InlineData(new[] { 1, 2, 3 }, 4, 0)]                    // shorter than one 4-gram
    [InlineData(new[] { 1, 2, 3, 4 }, 4, 0)]
    [InlineData(new[] { 1, 2, 3, 4, 5, 6, 7 }, 4, 0)]
    [InlineData(new[] { 5, 5, 5, 5, 5 }, 4, 0.5)]            // 2 4-grams, 1 different
    [InlineData(new[] { 5, 5, 5, 5, 5, 5, 5, 5 }, 4, 0.8)]   // 5, 1
    [InlineData(new[] { 1, 2, 1, 2, 1, 2, 1, 2 }, 4, 0.6)]   // 5, 2
    [InlineData(new[] { 1, 2, 3, 4, 9, 1, 2, 3, 4 }, 4, 1.0 / 6)]
    [InlineData(new[] { 1, 2, 1, 3, 1 }, 1, 0.4)]            // 5, 3
    [InlineData(new[] { 1, 2, 1, 2 }, 2, 1.0 / 3)]           // 3, 2
    public void Is_the_share_of_n_grams_that_are_there_already(int[] tokens, int n, double expected) =>
        Assert.Equal(expected, Repetition.Of(tokens, n), 1e-12);
}
