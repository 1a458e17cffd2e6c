using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class TaskDemandTests
{
    [Theory]
    [InlineData("needle/single", DemandLevel.Low, DemandLevel.Low)]
    [InlineData("passkey", DemandLevel.Low, DemandLevel.Low)]
    [InlineData("niah_multivalue", DemandLevel.Low, DemandLevel.Low)]
    [InlineData("helmet_rag_nq", DemandLevel.Low, DemandLevel.Low)]
    [InlineData("giraffe_lines", DemandLevel.Low, DemandLevel.Low)]
    [InlineData("cwe", DemandLevel.Low, DemandLevel.High)]
    [InlineData("graphwalks_parents", DemandLevel.Low, DemandLevel.High)]
    [InlineData("longicl_banking77_3r", DemandLevel.Low, DemandLevel.High)]
    [InlineData("nolima_default", DemandLevel.High, DemandLevel.Low)]
    [InlineData("mrcr_8needle", DemandLevel.High, DemandLevel.Low)]
    [InlineData("locomo_qa", DemandLevel.High, DemandLevel.Low)]
    [InlineData("needlebench_reasoning_en_5", DemandLevel.High, DemandLevel.Low)]
    [InlineData("cnnsum_l", DemandLevel.High, DemandLevel.High)]
    [InlineData("longbook_sum_eng", DemandLevel.High, DemandLevel.High)]
    [InlineData("holobench_uniform", DemandLevel.High, DemandLevel.High)]
    [InlineData("longins_gist_4096", DemandLevel.High, DemandLevel.High)]
    [InlineData("travel_planning_8k", DemandLevel.High, DemandLevel.High)]
    public void A_task_has_the_label_of_the_published_table(string task, DemandLevel dispersion, DemandLevel scope)
    {
        EvalTaskCard card = EvalTaskCatalog.Get(task).Card;

        Assert.Equal((dispersion, scope), (card.Dispersion!.Value, card.Scope!.Value));
    }

    [Fact]
    public void Tasks_without_a_long_context_have_no_label_and_every_quadrant_has_tasks()
    {
        Assert.All((string[])["mmlu", "arc_easy", "hellaswag", "winogrande", "mt-bench", "perplexity"], t => Assert.Null(TaskDemand.Of(t)));
        Assert.Equal(4, EvalTaskCatalog.All.Select(t => TaskDemand.Of(t.Card.Name)).OfType<TaskDemand>().Distinct().Count());
    }
}
