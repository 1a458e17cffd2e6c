using Farsight.Evaluation.Core;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.AdaLEval;

public sealed class AdaLEvalTests(ITestOutputHelper output)
{
    [SharedFact("evaldata/adaleval")]
    public void All_examples_are_made_and_references_score_1() => BenchmarkRun.Check(
        output, "ada-leval", expectedTasks: 1, expectedExamples: 1000, e => $"Answer: {e.References[0]}");

    [Fact]
    public void Best_answers_are_asked_with_the_user_s_prompt_and_all_answers()
    {
        using TaskData folder = new();
        folder.With(
            "adaleval/prompts.json",
            """{"stackselect_prompt_of_example": "Choose.\n<QUESTION>\n\nA1:\n\n<ANSWER1>\n\nA2:\n\n<ANSWER2>\n\n\nNow?\n"}""");
        folder.With(
            "adaleval/stackselect_1k.json",
            """[{"question_id": "7", "question": "Why?", "all_answers": ["So.", "Thus.", "Hence."], "answer": "A3", "tags": []}]""");
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("stackselect_1k");

        EvalExample example = Assert.Single(task.Examples(folder.Setting));

        Assert.Equal("Choose.\nWhy?\n\nA1:\n\nSo.\n\nA2:\n\nThus.\n\nA3:\n\nHence.\n\n\nNow?\n", BenchmarkRun.Text(example));
        Assert.Equal((1, 0), (task.Score(example, "A3").Value, task.Score(example, "A4 or A2").Value));
    }

    [Theory]
    [InlineData("[2, 1, 4, 3]")]
    [InlineData("\"[2, 1, 4, 3]\"")]
    public void Texts_are_put_in_order(string answer)
    {
        using TaskData folder = new();
        folder.With(
            "adaleval/textsort_2k.json",
            $$"""[{"book_id": "1", "para_offset": [3, 4], "prompt": "Sort these.", "answer": {{answer}}}]""");
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("textsort_2k");

        EvalExample example = Assert.Single(task.Examples(folder.Setting));

        Assert.Equal("Sort these.", BenchmarkRun.Text(example));
        Assert.Equal((1, 0), (task.Score(example, "Answer: [2, 1, 4, 3]").Value, task.Score(example, "").Value));
    }
}
