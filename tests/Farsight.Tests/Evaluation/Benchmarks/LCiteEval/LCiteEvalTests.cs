using System.Text.Json;
using Farsight.Evaluation.Core;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LCiteEval;

public sealed class LCiteEvalTests(ITestOutputHelper output)
{
    [SharedFact("evaldata/lciteeval")]
    public void All_examples_are_made_and_references_score_1() =>
        BenchmarkRun.Check(output, "l-citeeval", expectedTasks: 11, expectedExamples: 64, Ideal);

    [SharedFact("evaldata/lciteeval")]
    public void A_prompt_is_a_demonstration_with_its_answer_and_then_the_question()
    {
        EvalExample first = EvalTaskCatalog.Get("l-citeeval_niah").Examples(BenchmarkRun.Setting).First();
        string prompt = BenchmarkRun.Text(first);

        Assert.StartsWith("Passage [1]: ", prompt);
        Assert.Contains("\nAnswer:Because Mr Green", prompt, StringComparison.Ordinal);
        Assert.EndsWith("\n\nQuestion: What is the best way to start your day in New York?\nAnswer:", prompt);
    }

    [SharedFact("evaldata/lciteeval")]
    public void Citing_the_right_passage_counts_beside_the_answer()
    {
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("l-citeeval_niah");
        EvalExample first = task.Examples(BenchmarkRun.Setting).First();
        int right = first.Details["passages"].ToList().FindIndex(p => p.Contains(first.References[0], StringComparison.Ordinal)) + 1;

        EvalScore score = task.Score(first, $"{first.References[0]} [{right}][{right + 1}].");

        Assert.Equal((1, 0.5, 2), (score.Beside["citation recall"], score.Beside["citation precision"], score.Beside["citations"]));
    }

    [SharedFact("evaldata/lciteeval")]
    public void Lengths_are_grouped_by_the_next_bound() => Assert.Equal(
        ["8000", "16000", "24000", "32000", "40000", "48000"],
        EvalTaskCatalog.Get("l-citeeval_locomo").Examples(BenchmarkRun.Setting).Select(e => e.ValueOf("up to")));

    static string? Ideal(EvalExample example) =>
        example.Question.Contains('★')
            ? JsonSerializer.Serialize(
                new { little_penguin = example.References.Select(int.Parse), passage_id = example.References.Select((_, i) => i) })
        // The metric reads one line, and takes a space at its end for a word.
        : example.References[0].Contains('\n') || example.References[0].EndsWith(' ') ? null
        : example.References[0];
}
