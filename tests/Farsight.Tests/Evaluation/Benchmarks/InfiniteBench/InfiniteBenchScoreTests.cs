using Farsight.Evaluation.Benchmarks.InfiniteBench;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.InfiniteBench;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class InfiniteBenchScoreTests
{
    [Theory]
    [InlineData("B. here", true, true)]
    [InlineData("the answer is: B", true, true)]
    [InlineData("the answer:B", false, true)] // one character is left out after the phrase
    [InlineData("Maybe AB or B", false, true)] // "AB" is a part of "ABCD"
    [InlineData("the bank", true, true)]
    [InlineData("", false, false)]
    [InlineData("answer is", false, false)]
    public void InfiniteBench_reads_a_choice(string prediction, bool official, bool clean)
    {
        Assert.Equal(official, InfiniteBenchScore.Choice(prediction, ["the bank", "B"]));
        Assert.Equal(clean, InfiniteBenchScore.Choice(prediction, ["the bank", "B"], MetricMode.Clean));
    }

    [Theory]
    [InlineData("passkey", "The key is 123.", "123", 1)]
    [InlineData("number_string", "none", "123", 0)]
    [InlineData("kv_retrieval", "\"a-b\".", "a-b", 1)]
    [InlineData("longdialogue_qa_eng", "It is Bob.", "BOB", 1)]
    [InlineData("longbook_qa_eng", "the red dog", "red", 2.0 / 3)]
    [InlineData("longbook_qa_chn", "红狗。", "红", 2.0 / 3)]
    [InlineData("longbook_sum_eng", "a b", "a b", 1)]
    [InlineData("math_find", "it is 3.5", "3.5", 1)]
    [InlineData("math_find", "it is 9.5", "9", 0)]
    [InlineData("code_run", "x = `-4`.", "-4", 1)]
    public void InfiniteBench_scores_by_task(string task, string prediction, string label, double score) =>
        Assert.Equal(score, InfiniteBenchScore.Score(task, prediction, [label]), 15);

    [Fact]
    public void InfiniteBench_reads_functions_and_sequences()
    {
        Assert.Equal(1, InfiniteBenchScore.Score("code_debug", "The answer is: Option B. f", ["f", "B"]));
        Assert.Equal(0, InfiniteBenchScore.Score("code_debug", "It is f", ["f", "B"]));
        Assert.Equal(0.5, InfiniteBenchScore.Score("math_calc", "1, 2, 4", ["1", "2", "3", "4"]));
        Assert.Throws<ArgumentException>(() => InfiniteBenchScore.Score("none", "x", ["x"]));
    }
}
