using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Alignment.Recipes;
using Farsight.Engine;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Reports;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Reports;

public sealed partial class LiveRunTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Fact]
    public void A_followed_run_has_the_charts_of_its_report()
    {
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, []);
        TrainRun.Start(new(recipe, _files.RecipePath, _files.In("run"), Resume: false), _ => { }, null, CancellationToken.None);

        TrainedRun live = new LiveRun(_files.In("run"), "run").Look(), whole = TrainedRun.Read(_files.In("run"));

        Assert.Equal(Charts(RunReport.Of(whole)), Charts(RunReport.Of(live)));
        Assert.Equal(
            (whole.Done, whole.Steps, whole.State, whole.TokensPerSecond), (live.Done, live.Steps, live.State, live.TokensPerSecond));
        string page = ReportWriter.Body(RunOverview.Of(live));
        Assert.Contains("12 of 12", page);
        Assert.Contains("finished, 12 steps", RunOverview.Of(live).Lead);
        Assert.Contains("<dt>objective.beta</dt><dd>2</dd>", page);
        Assert.Contains("Learning rate", page);

        static string Charts(ReportModel model) => string.Join(
            '\n',
            model.Sections.SelectMany(s => s.Charts).Select(c => $"{c.Title} {string.Join(' ', c.Series.SelectMany(s => s.Points))}"));
    }

    [Fact]
    public void A_hundred_thousand_steps_become_a_small_page_with_their_extremes()
    {
        const int Steps = 100_000, Peak = 43_210;
        WriteRun(Steps, step => step == Peak ? 50 : 1.0 / step);
        LiveRun live = new(_files.In("run"), "run");

        TrainedRun run = live.Look();

        Assert.Equal(Steps, run.Done);
        LineChart loss = RunOverview.Of(run).Sections.SelectMany(s => s.Charts).First(c => c.Title == "Loss");
        Assert.Equal(300, loss.Series[0].Points.Count);
        Assert.Equal(50, loss.Series[0].Points.Max(p => p.High));
        Assert.Equal(1.0 / Steps, loss.Series[0].Points.Min(p => p.Low));
        Assert.InRange(ReportWriter.Body(RunOverview.Of(run)).Length, 1, 400_000);

        File.AppendAllText(_files.In("run/metrics.jsonl"), Line(Steps + 1, 7) + "\n");
        Assert.Equal(Steps + 1, live.Look().Done);
    }

    [Fact]
    public void A_run_that_was_set_back_to_a_checkpoint_is_read_again()
    {
        WriteRun(20, step => step);
        LiveRun live = new(_files.In("run"), "run");
        Assert.Equal(20, live.Look().Done);

        WriteRun(10, step => step);
        Assert.Equal(10, live.Look().Done);
    }

    [Fact]
    public void A_damaged_line_is_named_and_the_run_is_read_once_it_is_repaired()
    {
        WriteRun(3, step => step);
        string metrics = _files.In("run/metrics.jsonl"), good = File.ReadAllText(metrics);
        File.AppendAllText(metrics, "{\"step\":4,\n");
        LiveRun live = new(_files.In("run"), "run");

        Assert.Contains("metrics.jsonl:4 is damaged", Assert.Throws<InputException>(live.Look).Message);

        File.WriteAllText(metrics, good);
        Assert.Equal(3, live.Look().Done);
    }

    [Fact]
    public void Smoothing_is_a_moving_mean_and_can_be_left_out()
    {
        ChartPoint[] points = [.. Enumerable.Range(0, 100).Select(i => new ChartPoint(i, i % 2))];
        LineChart chart = new("c", "x", "y", [new("s", points)]);

        string smooth = Body(chart), raw = Body(chart with { Smoothing = 0 });

        Assert.Contains("class=\"raw\"", smooth);
        Assert.DoesNotContain("class=\"raw\"", raw);
        Assert.Equal(2, Heights(raw).Distinct().Count()); // 0 and 1 alone

        static string Body(LineChart chart) => ReportWriter.Body(new() { Title = "", Sections = [new("s") { Charts = [chart] }] });
        static IEnumerable<string> Heights(string html) =>
            Polyline().Matches(html).Last().Groups[1].Value.Split(' ').Select(p => p.Split(',')[1]);
    }

    public void Dispose() => _files.Dispose();

    void WriteRun(int steps, Func<int, double> loss)
    {
        Directory.CreateDirectory(_files.In("run"));
        File.WriteAllText(_files.In("run/recipe.resolved.json"), $$"""{"steps":{{steps}}}""");
        File.WriteAllText(
            _files.In("run/manifest.json"),
            Farsight.Alignment.Runs.RunManifest.OfThisProcess("train", 1, new Dictionary<string, string>()).ToJson());
        StringBuilder lines = new();
        for (int step = 1; step <= steps; step++)
        {
            lines.Append(Line(step, loss(step))).Append('\n');
        }
        File.WriteAllText(_files.In("run/metrics.jsonl"), lines.ToString());
    }

    static string Line(int step, double loss) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"step":{{step}},"loss":{{loss:R}},"reward_margin":1.5,"reward_margin_q25":1,"reward_margin_q75":2,"gradient_norm":0.5}""");

    [GeneratedRegex("<polyline points=\"([^\"]*)\"")]
    private static partial Regex Polyline();
}
