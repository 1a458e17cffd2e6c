using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBenchWrite;

public sealed class LongBenchWriteTests : IDisposable
{
    readonly TaskData _data = new();

    public LongBenchWriteTests() => new LongBenchWriteFixture().Write(_data);

    [Theory]
    [InlineData("one two three four", 1)]
    [InlineData("one two", 0.5)]
    [InlineData("one two three four five six seven eight", 2 / 3.0)]
    public void The_length_score_is_a_share(string answer, double score)
    {
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("longbench-write");
        EvalScore scored = task.Score(task.Examples(_data.Setting).Single(), answer);

        Assert.Equal(score, scored.Value, 1e-12);
        Assert.Equal(answer.Split(' ').Length, scored.Beside["words"]);
    }

    [Fact]
    public void The_quality_is_the_mean_rating_and_the_overall_score_the_mean_of_both()
    {
        IJudgedTask task = (IJudgedTask)EvalTaskCatalog.Get("longbench-write-quality");
        EvalExample example = task.Examples(_data.Setting).Single();
        const string Verdict =
            "**Relevance**: 5\nAccuracy: 4\nCoherence: 3\nClarity: 4\nBreadth and depth: 4.0\nReading experience - 4\n";

        EvalScore scored = task.Score(example, ["one two"], Verdict)!;

        Assert.Equal(0.75, scored.Value, 1e-12); // a mean of 4
        Assert.Equal(0.5, scored.Beside["length score"], 1e-12);
        Assert.Equal(0.625, scored.Beside["overall"], 1e-12);
        Assert.Null(task.Score(example, ["one two"], Verdict.Replace("Clarity: 4", "", StringComparison.Ordinal)));
        Assert.Null(task.Score(example, ["one two"], Verdict.Replace("Clarity: 4", "Clarity: 9", StringComparison.Ordinal)));
    }

    public void Dispose() => _data.Dispose();
}
