using Farsight.Evaluation.Benchmarks.BabiLong;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.BabiLong;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class BabiLongAnswerTests
{
    [Theory]
    [InlineData("hallway", "In the hallway. Not the kitchen", true)]
    [InlineData("hallway", "hallway or kitchen", false)]
    [InlineData("hallway", "garden hallway", true)] // the garden is in the question
    [InlineData("hallway", "", false)]
    [InlineData("hallway,kitchen", "kitchen and hallway", true)]
    public void BabiLong_asks_for_the_target_alone(string target, string output, bool right) =>
        Assert.Equal(right, BabiLongAnswer.IsCorrect(target, output, "Where was it before the garden?", ["hallway", "kitchen", "garden"]));

    [Fact]
    public void BabiLong_finds_labels_inside_words_only_officially()
    {
        Assert.True(BabiLongAnswer.IsCorrect("no", "I know", "Is it?", ["no", "yes"]));
        Assert.False(BabiLongAnswer.IsCorrect("no", "I know", "Is it?", ["no", "yes"], MetricMode.Clean));
    }
}
