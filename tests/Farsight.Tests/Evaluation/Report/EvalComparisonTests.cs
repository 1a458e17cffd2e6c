using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Report;

public sealed class EvalComparisonTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_difference_shows_on_pairs_where_the_runs_own_intervals_overlap()
    {
        EvalResults before = Results(right: i => i % 3 == 0), after = Results(right: i => i % 3 == 0 || i % 15 == 1);

        TaskDifference difference = Assert.Single(EvalComparison.Of([("a", before), ("b", after)]));

        Assert.True(before.Tasks[0].All.High > after.Tasks[0].All.Low);
        Assert.Equal(
            ("b", "test/numbers", 90, ComparisonVerdict.Better),
            (difference.Run, difference.Task, difference.N, difference.Verdict));
        Assert.Equal(6 / 90d, difference.Difference, 1e-12);
        Assert.InRange(difference.Low, 0.01, 6 / 90d);
        Assert.Equal(ComparisonVerdict.Worse, EvalComparison.Of([("b", after), ("a", before)])[0].Verdict);
        Assert.Equal(ComparisonVerdict.Unclear, EvalComparison.Of([("a", before), ("c", before)])[0].Verdict);
    }

    [Fact]
    public void Results_without_a_common_example_are_told_what_differs()
    {
        EvalResults words = new("m", 1, "none", [Task("needle/words", 1, 512)], []), other = words with { Seed = 2 };

        Assert.Equal("they have the same tasks and seed, so their data or documents differ", Reason(words, words));
        Assert.Equal("a has the seed 1, and b the seed 2", Reason(words, other));
        Assert.Equal(
            "needle/words has the length 512 in a and 1024, 2048 in b",
            Reason(words, words with { Tasks = [Task("needle/words", 1, 1024, 2048)] }));
        Assert.Equal(
            "needle/words is version 1 in a and version 2 in b", Reason(words, words with { Tasks = [Task("needle/words", 2, 512)] }));
        Assert.Equal(
            "a ran needle/words v1, and b ran facts/value v1", Reason(words, words with { Tasks = [Task("facts/value", 1, 512)] }));

        static string Reason(EvalResults before, EvalResults after) => IncomparableResults.Reason("a", before, "b", after);

        static TaskResult Task(string name, int version, params int[] lengths) => new(
            name, version, name, "m", null, Cell([]), [.. lengths.Select(l => Cell(new() { ["length"] = $"{l}" }))], []);

        static CellResult Cell(Dictionary<string, string> groups) => new(groups, 4, 0, 0.5, 0.2, 0.8, new Dictionary<string, double>());
    }

    [Fact]
    public void Only_shared_examples_count_and_nothing_shared_is_said()
    {
        EvalResults few = Results(i => true, count: 30), many = Results(i => i < 45);

        Assert.Equal(
            (30, 0),
            (EvalComparison.Of([("few", few), ("many", many)])[0].N, EvalComparison.Of([("few", few), ("many", many)])[0].Difference));
        Assert.Contains(
            "no example in common",
            Assert.Throws<InputException>(() => EvalComparison.Of([("few", few), ("none", many with { Tasks = [] })])).Message);
    }

    [Theory]
    [InlineData(3, ComparisonVerdict.Unclear)] // z² / (3 + z²) > 1/2
    [InlineData(4, ComparisonVerdict.Better)]
    public void A_few_examples_that_all_differ_are_no_evidence(int count, ComparisonVerdict verdict)
    {
        TaskDifference difference =
            EvalComparison.Of([("a", Results(_ => false, count)), ("b", Results(_ => true, count))]).Single();

        Assert.Equal((1, verdict), (difference.Difference, difference.Verdict));
        Assert.Equal(1, difference.High, 1e-9);
    }

    [Fact]
    public void Two_runs_that_never_differ_may_differ_on_other_examples()
    {
        TaskDifference difference =
            EvalComparison.Of([("a", Results(_ => false, count: 40)), ("b", Results(_ => false, count: 40))]).Single();

        Assert.Equal(0, difference.Difference);
        Assert.Equal(-0.087622, difference.Low, 1e-5); // z² / (40 + z²)
        Assert.Equal(0.087622, difference.High, 1e-5);
    }

    [Fact]
    public void Where_lower_is_better_more_is_worse()
    {
        EvalPlan plan = EvalSamples.Plan("perplexity");
        EvalResults before = EvalSamples.Runner(_ => "", _ => -1).Run(plan),
            after = EvalSamples.Runner(_ => "", _ => -1.1).Run(plan);

        TaskDifference difference = Assert.Single(EvalComparison.Of([("a", before), ("b", after)]));

        Assert.Equal(ComparisonVerdict.Worse, difference.Verdict);
        Assert.Equal(Math.Exp(1.1) - Math.E, difference.Difference, 1e-9);
    }

    [Fact]
    public async Task The_command_prints_a_table_and_fails_on_a_regression_that_was_asked_about()
    {
        EvalFiles.WriteResults(Directory.CreateDirectory(_folder["a"]).FullName, Results(i => true));
        EvalFiles.WriteResults(Directory.CreateDirectory(_folder["b"]).FullName, Results(i => i % 2 == 0));

        (int code, string table, _) = await CommandLine.Run("compare", _folder["a"], _folder["b"]);
        Assert.Equal(0, code);
        Assert.Contains("test/numbers     90    100.0     50.0    −50.0", table);
        Assert.Contains("WORSE", table);
        Assert.Equal(1, (await CommandLine.Run("compare", _folder["a"], _folder["b"], "--fail-on-regression", "all")).Code);
        Assert.Equal(
            1,
            (await CommandLine.Run("compare", _folder["a"], _folder["b"], "--fail-on-regression", "test/numbers", "--json")).Code);
        Assert.Equal(0, (await CommandLine.Run("compare", _folder["b"], _folder["a"], "--fail-on-regression", "all")).Code);
        Assert.Contains(
            "do not share a task 'vt'",
            (await CommandLine.Run("compare", _folder["a"], _folder["b"], "--fail-on-regression", "vt")).Error);
        Assert.Equal(2, (await CommandLine.Run("compare", _folder["a"], _folder["nowhere"])).Code);
    }

    [Fact]
    public void Runs_that_share_documents_are_compared_by_document()
    {
        // By document of two: differences 0, 1/2, 1, mean 1/2. Without each 3/4, 1/2, 1/4: V = 1/12, t of 2 degrees.
        EvalResults before = Documents(i => i < 2), after = Documents(i => i is < 3 or > 3);

        TaskDifference difference = Assert.Single(EvalComparison.Of([("a", before), ("b", after)]));

        Assert.Equal((0.5, IntervalUnit.Document), (difference.Difference, difference.IntervalUnit));
        Assert.Equal(0.5 - 4.302653 / Math.Sqrt(12), difference.Low, 1e-5);
        Assert.Equal(0.5 + 4.302653 / Math.Sqrt(12), difference.High, 1e-5);
        Assert.Equal(ComparisonVerdict.Unclear, difference.Verdict);
    }

    [Fact]
    public void One_document_says_nothing_about_others() =>
        Assert.Equal(
            ComparisonVerdict.Unclear,
            EvalComparison.Of([("a", Documents(_ => false, perDocument: 6)), ("b", Documents(_ => true, perDocument: 6))])[0].Verdict);

    [Fact]
    public void Any_reported_metric_is_compared_and_an_unknown_one_is_refused()
    {
        EvalResults before = Documents(i => i < 2), after = Documents(i => i is < 3 or > 3);

        TaskDifference difference = Assert.Single(EvalComparison.Of([("a", before), ("b", after)], "wrong"));

        Assert.Equal((4 / 6.0, 1 / 6.0, "wrong"), (difference.Before, difference.After, difference.Metric));
        InputException e = Assert.Throws<InputException>(() => EvalComparison.Of([("a", before), ("b", after)], "foreign"));
        Assert.Equal("No task that a and b share reports the metric 'foreign'. Metrics beside the score: wrong.", e.Message);
    }

    [Fact]
    public void A_metric_of_which_less_is_better_is_better_when_it_falls()
    {
        EvalResults before = Near(i => i < 30), after = Near(i => i < 3);

        TaskDifference difference = Assert.Single(EvalComparison.Of([("a", before), ("b", after)], "distractor"));

        Assert.Equal((ComparisonVerdict.Better, 40), (difference.Verdict, difference.N));
        Assert.Equal(-27 / 40.0, difference.Difference, 1e-12);
    }

    [Fact]
    public async Task The_command_compares_a_metric_by_name()
    {
        EvalFiles.WriteResults(Directory.CreateDirectory(_folder["a"]).FullName, Near(i => i < 30));
        EvalFiles.WriteResults(Directory.CreateDirectory(_folder["b"]).FullName, Near(i => i < 3));

        (int code, string table, _) = await CommandLine.Run("compare", _folder["a"], _folder["b"], "--metric", "distractor");

        Assert.Equal(0, code);
        Assert.Contains("metric distractor", table, StringComparison.Ordinal);
        Assert.Contains("75.0      7.5    −67.5", table, StringComparison.Ordinal);
    }

    /// <summary>40 records of a task in the catalog, of which some took a distractor for the answer.</summary>
    static EvalResults Near(Func<int, bool> isDistracted)
    {
        EvalRecord[] records =
        [
            .. Enumerable.Range(0, 40).Select(i => new EvalRecord(
                "m", "needle/near", 1, $"{i}", "", 0, new Dictionary<string, double> { ["distractor"] = isDistracted(i) ? 1 : 0 })),
        ];
        return new("m", 1, "none", [TaskResult.Of(EvalTaskCatalog.Get("needle/near"), records, 1)], records);
    }

    static EvalResults Documents(Func<int, bool> right, int perDocument = 2) => Run(new DocumentsTask(6, perDocument), right);

    static EvalResults Results(Func<int, bool> right, int count = 90) =>
        Run(new NumbersTask(count), right);

    static EvalResults Run(IEvalTask task, Func<int, bool> right) =>
        new EvalRunner(
            new ScriptedChat(p => right(int.Parse(ScriptedTask.NumberIn(p))) ? ScriptedTask.NumberIn(p) : "?").AsLanguageModel("scripted"),
            ScriptedPlans.Prompts
        ).Run(ScriptedPlans.Of(task));
}
