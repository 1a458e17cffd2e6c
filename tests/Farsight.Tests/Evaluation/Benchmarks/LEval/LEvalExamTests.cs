using Farsight.Evaluation.Benchmarks.LEval;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.LEval;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class LEvalExamTests
{
    [Fact]
    public void LEval_gives_a_quarter_for_some_of_several_letters()
    {
        Assert.Equal(1, LEvalExam.Score("coursera", "BD. because", "BD"));
        Assert.Equal(0.25, LEvalExam.Score("coursera", "B", "BD"));
        Assert.Equal(0, LEvalExam.Score("coursera", "BC", "BD"));
        Assert.Equal("A", LEvalExam.Letters("hm", several: true));
        Assert.Equal("", LEvalExam.Letters("hm", several: true, MetricMode.Clean));
        Assert.Equal("None", LEvalExam.Letters(" ", several: false));
        Assert.Equal("C", LEvalExam.Letters("option C", several: false));
    }

    [Fact]
    public void LEval_reads_numbers_code_and_judgments()
    {
        Assert.Equal(1, LEvalExam.Score("gsm100", "So 3 + 4 = 7. The answer is 7.", "The answer is 7"));
        Assert.Equal("1200", LEvalExam.Number("It costs 5 and then $1,200.50\n\n9"));
        Assert.Equal(1, LEvalExam.Score("codeU", "the final output of the code will be [1, 2]", "[1 2]"));
        Assert.Equal(1, LEvalExam.Score("other", "It Is  Paris", "is paris"));
        Assert.Equal(("true", "<error>"), LEvalExam.Judgment("True. [fact: unknown]"));
        Assert.Equal(("true", "false"), LEvalExam.ReferenceJudgment("True [fact: False]"));
    }
}
