using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;

namespace Farsight.Tests.Evaluation.Core;

public sealed class EvalCostTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public EvalCostTests()
    {
        CellResult all = new(new Dictionary<string, string>(), 3, 0, 0.5, 0.1, 0.9, new Dictionary<string, double>());
        TaskResult task = new("needle/single", 1, "One needle", "match", 0, all, [], []);
        EvalFiles.WriteResults(_folder.Path, new("m", 1, "", [task], []));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_times_of_the_tasks_in_the_results_are_added_and_shown_in_the_report()
    {
        Times(
            """{"task":"needle/single","id":"a","seconds":100.5,"peak_memory":1073741824}""",
            """{"task":"needle/single","id":"b","seconds":99.5,"peak_memory":1610612736}""",
            """{"task":"other","id":"a","seconds":7,"peak_memory":9999999999}""");

        EvalResults results = EvalFiles.ReadResults(_folder.Path);
        ReportModel report = EvalReport.Of("t", "", [new("base", results)]);

        Assert.Equal(new EvalCost(2, 200, 1610612736), results.Cost);
        Assert.Equal("Model: m. 3 min 20 s for 2 examples, 1.5 GiB peak memory of the process.", report.Lead);
        Assert.Contains(new Setting("time", "3 min 20 s for 2 examples"), report.Provenance[0].Facts);
        Assert.DoesNotContain("200", EvalFiles.ToJson(results), StringComparison.Ordinal);
        Assert.Equal(
            "Models: base is m; other is m. base: 3 min 20 s for 2 examples, 1.5 GiB peak memory of the process.",
            EvalReport.Of("t", "", [new("base", results), new("other", results with { Cost = null })]).Lead);
    }

    [Fact]
    public void Times_of_an_earlier_version_have_no_memory()
    {
        Times("""{"task":"needle/single","id":"a","seconds":2}""");

        EvalResults results = EvalFiles.ReadResults(_folder.Path);

        Assert.Equal(new EvalCost(1, 2, 0), results.Cost);
        Assert.Equal("Model: m. 2.0 s for 1 example.", EvalReport.Of("t", "", [new("base", results)]).Lead);
    }

    [Theory]
    [InlineData("{\"task\":")]
    [InlineData("""{"task":"other","id":"a","seconds":7}""")]
    public void Damaged_times_and_those_of_other_tasks_give_no_cost_and_do_not_hide_the_scores(string line)
    {
        Times(line);

        EvalResults results = EvalFiles.ReadResults(_folder.Path);

        Assert.Null(results.Cost);
        Assert.Equal(("Model: m.", 3), (EvalReport.Of("t", "", [new("base", results)]).Lead, results.Tasks[0].All.N));
    }

    void Times(params string[] lines) => File.WriteAllLines(_folder["timing.jsonl"], lines);
}
