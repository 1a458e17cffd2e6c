using Farsight.Evaluation.Core;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongIns;

public sealed class LongInsTests(ITestOutputHelper output)
{
    [SharedFact("evaldata/longins")]
    [Trait("Category", "Slow")]
    public void All_examples_are_made_and_references_score_1() => BenchmarkRun.Check(
        output, "longins", expectedTasks: 2, expectedExamples: 2838, e => e.References[0] == "[]" ? null : e.References[0]);

    [SharedFact("evaldata/longins")]
    public void A_prompt_is_indented_as_in_the_official_program()
    {
        string[] lines = BenchmarkRun.Text(EvalTaskCatalog.Get("longins_gist_256").Examples(BenchmarkRun.Setting).First()).Split('\n');

        Assert.StartsWith("You are an excellent grading teacher", lines[0]);
        Assert.StartsWith(new string(' ', 36) + "Given a passage and a question", lines[1]);
        Assert.EndsWith("specified standard format.Answer:", lines[^1]);
    }
}
