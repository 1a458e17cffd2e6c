using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>Tests that answers about one document are one unit of an interval.</summary>
public sealed class DocumentIntervalTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Examples_of_one_document_are_one_unit_and_others_are_their_own()
    {
        ResamplingUnits units = ResamplingUnits.Of(["a", null, "b", "a", null]);

        Assert.Equal([[0, 3], [1], [2], [4]], units.Members);
        Assert.Equal((5, IntervalUnit.Document), (units.Examples, units.Kind));
        Assert.Equal(IntervalUnit.Example, ResamplingUnits.Of(["a", "b", null]).Kind);
        Assert.Equal(ResamplingUnits.Of([null, null]).Members, ResamplingUnits.Each(2).Members);
    }

    [Fact]
    public void An_evaluation_states_the_unit_and_its_interval_is_over_documents()
    {
        EvalResults results = Run(new DocumentsTask(6, perDocument: 2), i => i < 3);

        CellResult all = results.Tasks[0].All;
        Assert.Equal((0.5, 6, IntervalUnit.Document), (all.Mean, all.N, all.IntervalUnit));
        Assert.Equal(0.036172, all.Low!.Value, 1e-5); // JackknifeTests has the calculation
        Assert.Equal(0.963828, all.High!.Value, 1e-5);
        JsonNode json = JsonNode.Parse(File.ReadAllText(_folder["out/results.json"]))!;
        Assert.Equal("document", (string)json["tasks"]![0]!["all"]!["interval_unit"]!);
        Assert.Equal(["0", "0", "1", "1", "2", "2"], EvalFiles.ReadResults(_folder["out"]).Examples.Select(e => e.Group));
    }

    [Fact]
    public void Where_each_example_has_its_own_document_nothing_changes()
    {
        CellResult own = Run(new DocumentsTask(6, perDocument: 1), i => i < 3).Tasks[0].All,
            none = new EvalRunner(Answering(i => i < 3), ScriptedPlans.Prompts).Run(ScriptedPlans.Of(new NumbersTask(6))).Tasks[0].All;

        Assert.Equal((none.Low, none.High, IntervalUnit.Example), (own.Low, own.High, own.IntervalUnit));
        Assert.Equal(Interval.Wilson(0.5, 6), new Interval(own.Low!.Value, own.High!.Value));
    }

    [Fact]
    public void A_kept_record_gets_the_group_of_today_without_asking_the_model()
    {
        Run(new DocumentsTask(4, perDocument: 1), i => i < 2);

        EvalResults now = new EvalRunner(
            new ScriptedChat(_ => throw new InvalidOperationException("asked")).AsLanguageModel("scripted"),
            ScriptedPlans.Prompts).Run(ScriptedPlans.Of(new DocumentsTask(4, perDocument: 2)), _folder["out"]);

        Assert.Equal(["0", "0", "1", "1"], now.Examples.Select(e => e.Group));
        Assert.Equal(0.5, now.Tasks[0].All.Mean);
    }

    [Fact]
    public void The_interval_of_a_described_metric_leaves_failures_out_where_lower_is_better()
    {
        IEvalTask task = EvalTaskCatalog.Get("needle/near");
        EvalRecord[] records =
        [
            .. Enumerable.Range(0, 8).Select(i => Record($"{i}", i == 0 ? [] : new() { ["distractor"] = i < 3 ? 1 : 0 }) with
            {
                Failed = i == 0 ? "IOException: gone" : null,
            }),
        ];

        CellResult cell = new CellMaker(task, 1).Make([], records);

        Assert.Equal(Interval.Wilson(2 / 7.0, 7), cell.BesideIntervals!["distractor"]);
        Assert.True(TaskResult.Of(task, records, 1).MetricOf("distractor").IsLowerBetter);
    }

    [Fact]
    public void A_micro_F1_of_0_has_the_interval_of_a_share_and_not_a_point()
    {
        IEvalTask task = EvalTaskCatalog.Get("longicl_tacred_1r"); // its number is an F1 over counts
        EvalRecord[] records =
        [
            .. Enumerable.Range(0, 20).Select(i => new EvalRecord("m", task.Card.Name, 1, $"{i}", "", 0, new Dictionary<string, double>
            {
                ["said"] = 1,
                ["gold"] = 1,
                ["right"] = 0,
            })),
        ];

        CellResult cell = new CellMaker(task, 1).Make([], records);

        Assert.Equal(0, cell.Mean);
        Assert.Equal(Interval.Wilson(0, 20), new Interval(cell.Low!.Value, cell.High!.Value));
    }

    [Fact]
    public void Several_draws_keep_their_metric_where_a_task_has_an_aggregate_of_its_own()
    {
        IEvalTask task = EvalTaskCatalog.Get("longicl_tacred_1r");
        EvalRecord[] records =
        [
            .. new[] { 1.0, 0.5 }.Select((pass, i) => new EvalRecord("m", task.Card.Name, 1, $"{i}", "", 0, new Dictionary<string, double>
            {
                ["said"] = 1,
                ["gold"] = 1,
                ["right"] = pass,
                ["pass@2"] = pass,
            })),
        ];

        Assert.Equal(0.75, new CellMaker(task, 1).Make([], records).Beside["pass@2"]);
        Assert.Equal(0.75, ReportedMetric.Of(task, "pass@2").Of([.. records.Select(r => r.Scored)]));
    }

    [Fact]
    public void Intervals_over_documents_cover_the_truth_in_95_of_100_evaluations()
    {
        const int Trials = 1000, Documents = 20, Questions = 12;
        IEvalTask task = EvalTaskCatalog.Get("needle/words");
        CellMaker maker = new(task, 1);
        (int over, int naive) = (0, 0);
        for (int trial = 0; trial < Trials; trial++)
        {
            SeededRandom random = SeededRandom.For(11, "coverage", trial);
            List<ScoredExample> examples = [];
            for (int d = 0; d < Documents; d++)
            {
                double ability = random.NextDouble() < 0.5 ? 0.35 : 0.95; // an easy or a hard document: 0.65 on average
                for (int q = 0; q < Questions; q++)
                {
                    EvalScore score = EvalScore.Of(random.NextDouble() < ability);
                    examples.Add(new($"{d}-{q}", new Dictionary<string, string>(), score) { Group = $"{d}" });
                }
            }
            Interval interval = maker.Interval(ReportedMetric.Of(task, null), examples, "");
            over += interval.Low <= 0.65 && 0.65 <= interval.High ? 1 : 0;
            Interval alone = Interval.Wilson(examples.Average(e => e.Score.Value), examples.Count);
            naive += alone.Low <= 0.65 && 0.65 <= alone.High ? 1 : 0;
        }

        Assert.InRange(over / (double)Trials, 0.93, 0.975);
        Assert.InRange(naive / (double)Trials, 0, 0.75); // what intervals over answers claim and do not hold
    }

    EvalResults Run(IEvalTask task, Func<int, bool> right) =>
        new EvalRunner(Answering(right), ScriptedPlans.Prompts).Run(ScriptedPlans.Of(task), _folder["out"]);

    static ILanguageModel Answering(Func<int, bool> right) =>
        new ScriptedChat(p => right(int.Parse(ScriptedTask.NumberIn(p))) ? ScriptedTask.NumberIn(p) : "?").AsLanguageModel("scripted");

    static EvalRecord Record(string id, Dictionary<string, double> beside) => new("m", "needle/near", 1, id, "", 0, beside);
}

/// <summary>Asks several numbers of one document.</summary>
sealed class DocumentsTask(int count, int perDocument) : ScriptedTask("test/documents", count), IGeneratedTask
{
    public override IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        base.Examples(setting).Select((e, i) => e with { Group = $"{i / perDocument}" });

    public EvalScore Score(EvalExample example, string completion) =>
        new(completion == example.References[0] ? 1 : 0, new Dictionary<string, double> { ["wrong"] = completion == "?" ? 1 : 0 });
}
