using Farsight.Evaluation.Benchmarks.LongGenBench;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.LongGenBench;

public sealed class BatchedAnswersTests
{
    [Fact]
    public void Answers_stand_between_a_line_with_a_colon_and_an_empty_line() => Assert.Equal(
        ["3 + 4 is 7.\nThe answer is 7.", "The answer is 9."],
        BatchedAnswers.Split("Answer_9:\n3 + 4 is 7.\nThe answer is 7.\n\nAnswer_10:\nThe answer is 9."));

    [Fact]
    public void Nothing_has_no_answers() => Assert.Empty(BatchedAnswers.Split("I do not know."));

    [Theory]
    [InlineData("So 3 + 4 = 7. The answer is 7.", "3+4=7\n#### 7", MetricMode.Official, true)]
    [InlineData("The answer is 8.", "#### 7", MetricMode.Official, false)]
    [InlineData("The answer is 1,200.", "#### 1,200", MetricMode.Official, false)] // the reference ends in 200
    [InlineData("The answer is 1,200.", "#### 1,200", MetricMode.Clean, true)]
    [InlineData("The answer is 7.0", "#### 7", MetricMode.Official, false)]
    [InlineData("The answer is 7.0", "#### 7", MetricMode.Clean, true)]
    [InlineData("None.", "#### 4", MetricMode.Official, true)] // its place
    [InlineData("None.", "#### 4", MetricMode.Clean, false)]
    public void The_last_number_counts(string answer, string reference, MetricMode mode, bool right) =>
        Assert.Equal(right, BatchedAnswers.IsRightNumber(answer, 4, reference, mode));

    [Theory]
    [InlineData("The answer is (C).", "C", MetricMode.Official, true)]
    [InlineData("The answer is (C). Done", "C", MetricMode.Official, false)]
    [InlineData("The answer is (C). Done", "C", MetricMode.Clean, true)]
    [InlineData("no idea", "A", MetricMode.Official, true)]
    [InlineData("no idea", "A", MetricMode.Clean, false)]
    public void The_last_letter_counts(string answer, string reference, MetricMode mode, bool right) =>
        Assert.Equal(right, BatchedAnswers.IsRightLetter(answer, reference, mode));
}
