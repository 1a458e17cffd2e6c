using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class TaskNeedsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_suite_brings_and_cannot_run_is_left_out_with_its_reason()
    {
        ScriptedTask numbers = new NumbersTask(3), judged = new JudgedTask(3);
        EvalRunner runner = EvalSamples.Runner(new ScriptedCompleter(_ => "0"));
        EvalPlan plan = EvalSamples.Plan("needle") with { Tasks = [judged, numbers] };

        EvalResults results = runner.Run(plan with { OfSuites = [judged, numbers] });

        Assert.Equal(["test/numbers"], results.Tasks.Select(t => t.Task));
        Assert.Equal(("test/judged", (int?)null), (results.Skipped.Single().Task, results.Skipped.Single().Length));
        Assert.Contains("give the endpoint of a judge", results.Skipped.Single().Reason);
        Assert.Contains("give the endpoint of a judge", Assert.Throws<InputException>(() => runner.Run(plan with { OfSuites = [numbers] })).Message);
        Assert.Contains(
            "give the endpoint of a judge",
            Assert.Throws<InputException>(() => runner.Run(plan with { Tasks = [judged], OfSuites = [judged] })).Message);
    }

    [Fact]
    public void Data_that_a_suite_lacks_are_an_error_only_for_tasks_that_are_named_or_if_all_lack_theirs()
    {
        EvalRequest request = new([], [512], 1, null, 1, null) { Data = _folder.Path, Suites = ["long"] };

        request.Check(); // its needles need no data
        Assert.Contains("hotpotqa needs longbench/", Assert.Throws<InputException>((request with { Tasks = ["hotpotqa"] }).Check).Message);
        Assert.Contains("in the data folder", Assert.Throws<InputException>((request with { Suites = ["short"] }).Check).Message);
    }

    [Fact]
    public void The_suite_of_the_papers_is_what_LOGO_and_LongPO_report()
    {
        string[] longBench =
        [
            "narrativeqa", "qasper", "multifieldqa_en", "hotpotqa", "2wikimqa", "musique", "gov_report", "qmsum", "multi_news",
            "trec", "triviaqa", "samsum", "passage_count", "passage_retrieval_en",
        ];
        string[] logo = [.. longBench, "niah_original", "pg19", "mmlu", "truthfulqa_mc1", "truthfulqa_mc2", "arc_easy", "arc_challenge"];
        string[] longPo =
        [
            "longbook_sum_eng", "longbook_qa_eng", "longbook_choice_eng", .. EvalTaskCatalog.Find("ruler").Select(t => t.Card.Name),
            "longbench-chat", "mmlu", "arc_challenge", "hellaswag", "winogrande", "mt-bench",
        ];

        Assert.Equal(logo.Union(longPo).Order(StringComparer.Ordinal), EvalTaskCatalog.Suite("paper").Select(t => t.Card.Name));
    }
}
