using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Tests.Workflows.Pretrain;
using Farsight.Workflows.Pretrain;
using Farsight.Workflows.Reports;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Reports;

public sealed class RunReportTests : IDisposable
{
    const string Asking = """watch={"samples_every":6,"samples":2,"max_new_tokens":12,"stop_on_alarm":false}""";

    readonly TrainingFiles _files = new();

    [Fact]
    public async Task A_run_makes_a_page_with_curves_answers_recipe_and_data_and_every_step_as_CSV()
    {
        Train("run", Asking);

        (int code, string output, string error) = await CommandLine.Run("report", _files.In("run"));

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("report.csv", output);
        string page = File.ReadAllText(_files.In("run/report.html")), text = File.ReadAllText(_files.In("run/report.md"));
        Assert.All(
            [
                "Loss", "Reward margin, with quartiles", "Reward accuracy", "Log-probability, training", "Log-probability, held out",
                "Reward, training", "Reward, held out", "Learning rate", "Gradient norm", "Tokens per second",
            ],
            title => Assert.Contains($"<figcaption>{title}</figcaption>", page));
        Assert.Contains("<dt>objective.beta</dt><dd>2</dd>", page);
        Assert.Contains("9 for training, 3 held out", page);
        Assert.Contains("<th scope=\"row\">context (tokens)</th>", page);
        Assert.Contains("<dt>before training", page);
        Assert.Contains("planned memory", page);
        Assert.Contains("finished, 12 steps", page);
        Assert.Contains("| Loss (nats) |", text);
        Assert.Contains("- objective.beta: 2\n", text);
        string[] rows = File.ReadAllLines(_files.In("run/report.csv"));
        Assert.Equal(14, rows.Length); // the header, before training, and twelve steps
        Assert.StartsWith("step,loss,", rows[0]);
        Assert.All(rows, r => Assert.Equal(rows[0].Count(c => c == ','), r.Count(c => c == ',')));
        MetricsLine last = MetricsLog.Read(_files.In("run/metrics.jsonl"))[^1];
        int heldOutLoss = Array.IndexOf(rows[0].Split(','), "held_out.loss");
        Assert.Equal(last.HeldOut!["loss"], double.Parse(rows[^1].Split(',')[heldOutLoss], CultureInfo.InvariantCulture));
    }

    [Fact]
    public void The_margin_of_the_held_out_samples_has_its_quartiles_in_the_table_and_in_the_chart()
    {
        Train("run");
        TrainedRun run = TrainedRun.Read(_files.In("run"));

        IReadOnlyDictionary<string, double> last = run.Measured[^1].HeldOut!;
        ChartPointOf(run, "Reward margin, with quartiles", "held out", out double low, out double high);

        Assert.Equal(last["reward_margin_q25"], low);
        Assert.Equal(last["reward_margin_q75"], high);
    }

    [Fact]
    public void Held_out_numbers_have_their_interval_and_their_number_of_questions()
    {
        Train("run");
        TrainedRun run = TrainedRun.Read(_files.In("run"));

        Farsight.Evaluation.Report.ReportModel report = RunReport.Of(run);

        Farsight.Evaluation.Report.ReportTable table = report.Sections.Single(s => s.Title == "Numbers").Tables[0];
        Assert.Equal(["Metric", "Before training", "Step 12", "Change", "n"], table.Columns);
        IReadOnlyList<Farsight.Evaluation.Report.TableCell> loss = table.Rows.Single(r => r[0].Text == "Loss");
        Assert.All(loss.Skip(1).Take(3), c => Assert.Matches(@"^\S+ to \S+$", c.Note));
        Assert.Equal("3", loss[4].Text); // held out
        Assert.StartsWith("95 % interval ", report.Headlines.Single(h => h.Label == "reward accuracy, held out").Note);
    }

    [Fact]
    public void A_measurement_reports_every_held_out_sample_and_a_step_every_sample_of_it()
    {
        List<TrainingPart> parts = [];
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, ["steps=2"]);

        TrainRun.Start(
            new(recipe, _files.RecipePath, _files.In("run"), Resume: false) { Parts = parts.Add }, _ => { }, null, CancellationToken.None);

        TrainingPart[] before = [.. parts.TakeWhile(p => p.Kind == TrainingPartKind.HeldOut)];
        Assert.Equal((0, 3), (before[0].Done, before[0].Total));
        Assert.Equal((3, 3, 1.0), (before[^1].Done, before[^1].Total, before[^1].Share));
        TrainingPart[] step = [.. parts.Where(p => p.Kind == TrainingPartKind.Step && p.Total > 0)];
        Assert.Equal(recipe.BatchSize, step[^1].Done);
        Assert.Equal([(0, 2), (1, 2)], step.Select(p => (p.Step, p.Steps)).Distinct());
        Assert.Equal((2, 3), (parts[^1].Step, parts[^1].Done)); // the measurement after the last step
    }

    [Fact]
    public void A_pretraining_has_its_loss_and_its_share_of_correct_answers()
    {
        File.WriteAllText(_files.In("text.txt"), string.Concat(Enumerable.Repeat("The keeper wrote down every ship that passed. ", 60)));
        PretrainRecipe recipe = RecipeFile.Parse<PretrainRecipe>(PretrainRunTests.Text, "recipe", []);
        PretrainRun.Start(recipe, _files.In("text.txt"), _files.In("base"), resume: false, null, CancellationToken.None);

        RunReport.Write(_files.In("page.html"), [TrainedRun.Read(_files.In("base"))]);

        string page = File.ReadAllText(_files.In("page.html"));
        Assert.Contains("Pretraining: finished, 10 steps.", page);
        Assert.Contains("<figcaption>Answer exact match</figcaption>", page);
        Assert.DoesNotContain("<figcaption>Reward margin", page);
    }

    [Fact]
    public void A_run_in_progress_is_reported_as_far_as_it_is_and_not_disturbed()
    {
        Train("run");
        string metrics = _files.In("run/metrics.jsonl");
        File.WriteAllText(metrics, string.Concat(File.ReadAllLines(metrics).Take(7).Select(l => l + "\n")) + "{\"step\":7,\"lo");
        using FileStream held = new(_files.In("run/run.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        TrainedRun run = TrainedRun.Read(_files.In("run"));
        RunReport.Write(_files.In("page.html"), [run]);

        Assert.Equal((RunState.Running, 6, 12), (run.State, run.Done, run.Steps));
        Assert.Equal(6, run.Times.Count); // the steps after the last metrics will be computed again
        Assert.Contains("running, step 6 of 12, about ", File.ReadAllText(_files.In("page.html")));
    }

    [Fact]
    public void A_stopped_run_is_told_from_a_finished_one()
    {
        Train("run");
        string metrics = _files.In("run/metrics.jsonl");
        File.WriteAllLines(metrics, File.ReadAllLines(metrics).Take(4));

        Assert.Equal(RunState.Stopped, TrainedRun.Read(_files.In("run")).State);
    }

    [Fact]
    public void Alarms_are_shown_with_their_advice_and_marked_in_the_curves()
    {
        Train("run");
        File.WriteAllText(
            _files.In("run/alarms.jsonl"),
            """{"step":5,"alarm":"chosen_collapse","message":"the chosen responses got less likely; lower the rate."}""" + "\n");

        RunReport.Write(_files.In("page.html"), [TrainedRun.Read(_files.In("run"))]);

        string page = File.ReadAllText(_files.In("page.html"));
        Assert.Contains(
            "<dt>step 5, chosen_collapse</dt><dd>The chosen responses got less likely; lower the rate.</dd>", page);
        Assert.Contains("<line class=\"mark\"", page);
    }

    [Fact]
    public void A_run_without_its_dataset_and_plan_is_reported_too()
    {
        Train("run");
        File.Delete(_files.In("run/plan.json"));
        File.Delete(_files.In("data.jsonl"));

        RunReport.Write(_files.In("page.html"), [TrainedRun.Read(_files.In("run"))]);

        Assert.Contains("not shown: the file does not exist any more", File.ReadAllText(_files.In("page.html")));
    }

    [Fact]
    public void A_changed_dataset_is_not_described_as_that_of_the_run()
    {
        Train("run");
        File.AppendAllText(_files.In("data.jsonl"), File.ReadLines(_files.In("data.jsonl")).First().Replace("toy-0", "toy-99") + "\n");

        RunReport.Write(_files.In("page.html"), [TrainedRun.Read(_files.In("run"))]);

        Assert.Contains("not shown: the file has changed since", File.ReadAllText(_files.In("page.html")));
    }

    [Fact]
    public void The_report_of_another_run_is_not_overwritten_and_its_own_is()
    {
        Train("run");
        Train("other", "seed=8");
        TrainedRun run = TrainedRun.Read(_files.In("run")), other = TrainedRun.Read(_files.In("other"));
        RunReport.Write(_files.In("page.html"), [run]);

        RunReport.Write(_files.In("page.html"), [run], "again");
        InputException e = Assert.Throws<InputException>(() => RunReport.Write(_files.In("page.html"), [other]));

        Assert.Contains("page.html exists and is not a report about the same runs", e.Message);
        Assert.Contains("<title>again</title>", File.ReadAllText(_files.In("page.html")));
    }

    [Fact]
    public void A_table_of_the_user_beside_the_page_is_not_overwritten()
    {
        Train("run");
        File.WriteAllText(_files.In("page.csv"), "my,numbers");

        Assert.Throws<InputException>(() => RunReport.Write(_files.In("page.html"), [TrainedRun.Read(_files.In("run"))]));

        Assert.Equal("my,numbers", File.ReadAllText(_files.In("page.csv")));
        Assert.False(File.Exists(_files.In("page.html")));
    }

    [Fact]
    public async Task Two_runs_are_compared_by_recipe_metrics_and_curves()
    {
        Train("run");
        Train("other", "optimizer.learning_rate=0.02");

        (int code, string output, string error) = await CommandLine.Run(
            "compare", _files.In("run"), _files.In("other"), "--out", _files.In("both.html"));

        Assert.Equal(0, code);
        Assert.Contains("both.csv", error);
        Assert.Matches(@"optimizer\.learning_rate +0\.01 +0\.02", output);
        Assert.DoesNotContain("objective.beta", output);
        Assert.Contains("Reward accuracy (percent)", output);
        string page = File.ReadAllText(_files.In("both.html"));
        Assert.Contains("<title>other against run: training runs</title>", page);
        Assert.Contains("<figcaption>Loss, training</figcaption>", page);
        Assert.Equal(27, File.ReadAllLines(_files.In("both.csv")).Length);
    }

    [Fact]
    public async Task A_comparison_of_runs_as_JSON_has_the_numbers_of_both()
    {
        Train("run");
        Train("other", "optimizer.learning_rate=0.02");

        (_, string output, _) = await CommandLine.Run("compare", _files.In("run"), _files.In("other"), "--json");

        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(
            MetricsLog.Read(_files.In("other/metrics.jsonl"))[^1].HeldOut!["loss"],
            json.GetProperty("runs")[1].GetProperty("held_out").GetProperty("loss").GetDouble());
        Assert.Equal("0.02", json.GetProperty("recipe_differences")[0].GetProperty("values").GetProperty("other").GetString());
    }

    [Theory]
    [InlineData("is neither a training run (it has no recipe.resolved.json) nor an evaluation", "report", "model", "--out", "page.html")]
    [InlineData("nowhere does not exist; name the folder of a training run or an evaluation", "report", "nowhere", "--out", "page.html")]
    [InlineData("--out is missing. Name the HTML file to write", "report", "run", "run")]
    [InlineData("missing does not exist. Name the folder of a training run or of an evaluation.", "report", "missing")]
    [InlineData("is a training run and ", "compare", "run", "results.json")]
    [InlineData("--fail-on-regression is for evaluations", "compare", "run", "run2", "--fail-on-regression", "all")]
    public async Task What_cannot_be_reported_is_refused_with_one_sentence(string message, params string[] args)
    {
        Train("run");
        Train("run2");
        File.WriteAllText(_files.In("results.json"), "{}");

        (int code, _, string error) = await CommandLine.Run(
            [args[0], .. args[1..].Select(a => a.StartsWith("--", StringComparison.Ordinal) || a == "all" ? a : _files.In(a))]);

        Assert.Equal(2, code);
        Assert.Contains(message, error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_training_states_the_step_it_resumes_from_and_ends_with_its_time_and_the_next_command()
    {
        await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("run"));

        (int code, _, string error) = await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("run"), "--resume");

        Assert.Equal(0, code);
        Assert.Contains("after step 12.", error);
        Assert.Contains("Finished in ", error);
        string evaluation = $"farsight eval --model {_files.In("model")} --adapter {_files.In("run/adapter")} --out evaluations/run";
        Assert.Contains($"Next: {evaluation}", error);
    }

    [Fact]
    public async Task Resuming_a_folder_that_is_not_a_run_is_refused()
    {
        (int code, _, string error) = await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("nothing"), "--resume");

        Assert.Equal(2, code);
        Assert.Contains("nothing is not a run, so nothing can be resumed; start a run without --resume", error);
        Assert.False(Directory.Exists(_files.In("nothing")));
    }

    public void Dispose() => _files.Dispose();

    static void ChartPointOf(TrainedRun run, string title, string series, out double low, out double high)
    {
        Farsight.Evaluation.Report.ChartPoint last =
            RunCharts.Of(run).Single(c => c.Title == title).Series.Single(s => s.Name == series).Points[^1];
        (low, high) = (last.Low!.Value, last.High!.Value);
    }

    void Train(string name, params string[] sets) =>
        TrainRun.Start(
            new(RecipeFile.Read<TrainRecipe>(_files.RecipePath, sets), _files.RecipePath, _files.In(name), Resume: false),
            _ => { },
            null,
            CancellationToken.None);
}
