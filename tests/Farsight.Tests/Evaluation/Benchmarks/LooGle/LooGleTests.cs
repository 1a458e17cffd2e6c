using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LooGle;

public sealed class LooGleTests(ITestOutputHelper output)
{
    [SharedFact("evaldata/loogle")]
    public void All_examples_are_made_and_references_score_1() =>
        BenchmarkRun.Check(output, "loogle", expectedTasks: 4, expectedExamples: 222, e => e.References[0]);

    [SharedFact("evaldata/loogle")]
    public void Prompts_are_continued_raw_and_cut_in_the_middle()
    {
        EvalPrompt.Messages prompt = (EvalPrompt.Messages)
            EvalTaskCatalog.Get("loogle_shortdep_qa").Examples(BenchmarkRun.Setting).First().Prompt;

        Assert.False(prompt.UseChatTemplate);
        Assert.Same(PromptCuts.LongBenchMiddle, prompt.Cut);
        Assert.EndsWith("\nQuestion: Where was José Luis Picardo born and raised?\nAnswer: ", prompt.Turns[^1].Content);
    }

    [Fact]
    public void Masks_of_all_documents_count_the_same()
    {
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("loogle_shortdep_cloze");
        EvalExample Masks(params (string Mask, string Name)[] masks) =>
            new("0-0", EvalPrompt.Of(""), [""], 50)
            {
                Details = new Dictionary<string, IReadOnlyList<string>>
                {
                    ["masks"] = [.. masks.Select(m => m.Mask)],
                    ["answers"] = [.. masks.Select(m => m.Name)],
                },
            };
        EvalScore one = task.Score(Masks(("<mask-0>", "Ann Lee")), "{'<mask-0>': 'Ann Lee'}");
        EvalScore three = task.Score(
            Masks(("<mask-0>", "Bo"), ("<mask-1>", "New York"), ("<mask-2>", "Rome")),
            "{'<mask-0>': 'Bea', '<mask-1>': 'York'}");

        EvalScore all = ((IAggregatedTask)task).Aggregate([
            new("0", new Dictionary<string, string>(), one),
            new("1", new Dictionary<string, string>(), three),
        ]);

        Assert.Equal((1, 0), (one.Value, three.Value));
        Assert.Equal(0.25, all.Value);
        Assert.Equal(0.5, all.Beside["partial"]);
    }
}
