using System.Text.Json.Nodes;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Recipes;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Workflows.Study;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Study;

public sealed class StudyRunTests : IDisposable
{
    readonly StudyFiles _files = new();

    [Fact]
    public void A_skipped_task_is_named_with_its_length_only_if_it_has_one()
    {
        Assert.Equal("niah at 4096: No data.", StudyReport.Sentence(new("niah", 4096, "No data.")));
        Assert.Equal("mmlu: No data.", StudyReport.Sentence(new("mmlu", null, "No data.")));
    }

    [Fact]
    public void Trains_and_measures_every_variant_and_compares_them()
    {
        StudyVerdict verdict = _files.Run("out");

        Assert.True(verdict.IsComplete, string.Join('\n', verdict.Missing));
        Assert.Equal([("logo", 1), ("logo", 2), ("sft", 1), ("sft", 2)], verdict.Runs.Select(r => (r.Variant, r.Seed)));
        Assert.Equal(3 * 2, verdict.Cells.Count);
        Assert.Equal([1, 1, 2, 2, 2, 2], verdict.Cells.Select(c => c.Seeds));
        Assert.All(verdict.Cells, c => Assert.True(c.Low < c.Mean && c.Mean < c.High && c.Examples == 3));
        Assert.All(verdict.Cells.Where(c => c.Seeds == 2), c => Assert.Equal(c.BySeed.Average(), c.Mean, 1e-9));
        Assert.Equal(["logo", "logo", "sft", "sft"], verdict.Differences.Select(d => d.Variant));
        string page = File.ReadAllText(verdict.ReportPath);
        Assert.Contains("Does anything happen at all?", page, StringComparison.Ordinal);
        Assert.Contains("not trained", page, StringComparison.Ordinal);
        Assert.Contains("Tokens/s", File.ReadAllText(Path.ChangeExtension(verdict.ReportPath, ".md")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_variant_with_positions_of_its_own_is_measured_at_them_and_not_again_at_others()
    {
        void At(JsonObject study, string positions) => study["variants"]![2]!["positions"] = positions;
        StudyVerdict verdict = _files.Run("out", s => At(s, "randpos:600"));

        EvalResults sft = EvalFiles.ReadResults(Directory.GetDirectories(_files.In("out/eval/sft/seed-1")).Single());
        EvalResults logo = EvalFiles.ReadResults(Directory.GetDirectories(_files.In("out/eval/logo/seed-1")).Single());
        Assert.Equal("randpos:600", sft.Decoding!.Positions);
        Assert.All(sft.Examples, e => Assert.Equal((null, "randpos:600"), (e.Failed, e.Decoding!.Positions)));
        Assert.Null(logo.Decoding);
        Assert.Contains("sft, measured at", File.ReadAllText(verdict.ReportPath), StringComparison.Ordinal);
        InputException e = Assert.Throws<InputException>(() => _files.Run("out", s => At(s, "randpos:700")));
        Assert.EndsWith("was measured with other positions; remove it to measure again.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_are_those_of_train_and_evaluations_those_of_eval()
    {
        _files.Run("out");

        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
            _files.In("recipe.jsonc"),
            ["steps=4", "seed=2", """objective={"name":"sft_partial"}"""]);
        TrainRun.Start(new(recipe, _files.In("recipe.jsonc"), _files.In("alone"), Resume: false), _ => { }, null, CancellationToken.None);

        foreach (string file in new[] { "metrics.jsonl", "recipe.resolved.json", "adapter/adapter_model.safetensors" })
        {
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(_files.In("alone"), file)),
                File.ReadAllBytes(Path.Combine(_files.In("out/runs/sft/seed-2"), file)));
        }
        Assert.Equal( // each adapter names the model from its own folder
            File.ReadAllText(_files.In("alone/adapter/adapter_config.json"))
                .Replace("\"../../model\"", "\"../../../../../model\"", StringComparison.Ordinal),
            File.ReadAllText(_files.In("out/runs/sft/seed-2/adapter/adapter_config.json")));
        EvalResults results = EvalFiles.ReadResults(Directory.GetDirectories(_files.In("out/eval/sft/seed-2")).Single());
        Assert.Equal(6, results.Examples.Count);
    }

    [Theory, InlineData("train", 2), InlineData("eval", 3)]
    public void Interrupted_and_started_again_it_ends_in_the_same_results(string stage, int done)
    {
        string whole = File.ReadAllText(_files.Run("whole").ResultsPath);
        using CancellationTokenSource stop = new();

        Assert.ThrowsAny<OperationCanceledException>(() => _files.Run("out", progress: new Watch(p =>
        {
            if (p.Stage == stage && p.What.StartsWith("logo, seed 2", StringComparison.Ordinal) && p.Done == done)
            {
                stop.Cancel();
            }
        }), cancel: stop.Token));
        Assert.False(File.Exists(_files.In("out/runs/sft/seed-1/metrics.jsonl")));
        StudyVerdict verdict = _files.Run("out");

        Assert.Equal(whole, File.ReadAllText(verdict.ResultsPath));
    }

    [Fact]
    public void What_is_done_is_not_done_again_and_a_new_variant_is_added()
    {
        _files.Run("out");
        List<string> done = [];

        StudyVerdict verdict = _files.Run(
            "out",
            s =>
                s["variants"]!
                    .AsArray()
                    .Add(
                        new JsonObject
                        {
                            ["name"] = "more",
                            ["set"] = new JsonObject { ["objective.beta"] = 3 },
                        }),
            new Watch(p => done.Add($"{p.Stage} {p.What}")));

        Assert.Equal(["train more, seed 1", "eval more, seed 1", "train more, seed 2", "eval more, seed 2"], done.Distinct());
        Assert.Equal(4, verdict.Cells.Select(c => c.Variant).Distinct().Count());
    }

    [Fact]
    public void Results_of_other_weights_and_results_without_recorded_weights_are_refused()
    {
        _files.Run("out");
        string evaluation = Directory.GetDirectories(_files.In("out/eval/sft/seed-2")).Single();
        string weights = evaluation + ".weights.json";
        JsonNode recorded = JsonNode.Parse(File.ReadAllText(weights))!;
        Assert.Equal(64, recorded["base_model"]!.GetValue<string>().Length);
        Assert.NotEqual(recorded["base_model"]!.GetValue<string>(), recorded["trained"]!.GetValue<string>());

        recorded["trained"] = recorded["base_model"]!.GetValue<string>();
        File.WriteAllText(weights, recorded.ToJsonString());
        Assert.Contains("was measured with other weights", Refusal(), StringComparison.Ordinal);

        File.Delete(weights);
        Assert.Contains("earlier version of Farsight", Refusal(), StringComparison.Ordinal);

        Directory.Delete(evaluation, recursive: true);
        Assert.True(_files.Run("out").IsComplete);

        string Refusal() => Assert.Throws<InputException>(() => _files.Run("out")).Message;
    }

    [Fact]
    public void A_variant_that_changed_is_refused_by_name_and_nothing_is_removed()
    {
        _files.Run("out");

        InputException e = Assert.Throws<InputException>(() => _files.Run("out", s => s["variants"]![2]!["set"]!["lora.rank"] = 8));

        Assert.Contains("Variant 'sft' has changed", e.Message, StringComparison.Ordinal);
        Assert.Contains("recipe.lora.rank is 8 and was 4", e.Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists(_files.In("out/runs/sft/seed-1/adapter")));
    }

    [Fact]
    public void A_run_that_diverges_is_told_and_the_others_go_on()
    {
        void Break(JsonObject study) => study["variants"]![1]!["set"] = new JsonObject { ["objective.sft_weight"] = 1e308 };

        StudyVerdict verdict = _files.Run("out", Break), again = _files.Run("out", Break);

        Assert.False(verdict.IsComplete);
        Assert.Equal(["failed", "failed", "done", "done"], verdict.Runs.Select(r => r.Status));
        Assert.All(verdict.Runs.Take(2), r => Assert.Contains("diverged", r.Failure, StringComparison.Ordinal));
        Assert.Equal(["base", "sft"], verdict.Cells.Select(c => c.Variant).Distinct());
        Assert.Contains("failed", File.ReadAllText(verdict.ReportPath), StringComparison.Ordinal);
        Assert.Equal(verdict.ToJson(), again.ToJson());
    }

    [Fact]
    public async Task Two_processes_share_the_work_and_end_in_the_same_results()
    {
        string whole = File.ReadAllText(_files.Run("whole").ResultsPath);
        List<string> first = [], second = [];

        await Task.WhenAll(
            Task.Run(() => _files.Run("out", progress: new Watch(p => Add(first, p)))),
            Task.Run(() => _files.Run("out", progress: new Watch(p => Add(second, p)))));

        Assert.Equal(whole, File.ReadAllText(_files.In("out/results.json")));
        Assert.Empty(first.Intersect(second));
        Assert.Equal(4, first.Concat(second).Count(s => s.StartsWith("train", StringComparison.Ordinal)));

        static void Add(List<string> done, StageProgress p)
        {
            string what = $"{p.Stage} {p.What}";
            if (p.Stage is "train" or "eval" && !done.Contains(what))
            {
                done.Add(what);
            }
        }
    }

    [Fact]
    public async Task A_run_that_somebody_holds_is_looked_at_again_later()
    {
        Directory.CreateDirectory(_files.In("out"));
        Task<StudyVerdict> study;
        using (CancellationTokenSource patience = new(TimeSpan.FromSeconds(60)))
        {
            TaskCompletionSource waits = new();
            using (FileStream held = Held())
            {
                study = Task.Run(() =>
                    _files.Run("out", progress: new Watch(p => _ = p.Stage == "wait" && waits.TrySetResult()), cancel: patience.Token));
                await waits.Task.WaitAsync(patience.Token);
                Assert.False(Directory.Exists(_files.In("out/runs/logo/seed-1")));
                Assert.True(Directory.Exists(_files.In("out/runs/sft/seed-2/adapter")));
            }
            Assert.True((await study).IsComplete);
        }

        FileStream Held()
        {
            string path = _files.In("out/locks/logo-seed-1.lock");
            File.WriteAllText(_files.In("out/study.json"), "");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        }
    }

    [Fact]
    public void Data_that_were_replaced_are_refused_also_when_all_is_done()
    {
        _files.Run("out");
        File.AppendAllText(
            _files.In("data.jsonl"),
            File.ReadLines(_files.In("data.jsonl")).First().Replace("toy-0", "toy-99", StringComparison.Ordinal) + "\n");

        Assert.Contains(
            "data has changed since the run in",
            Assert.Throws<InputException>(() => _files.Run("out")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_base_model_that_was_replaced_is_refused()
    {
        _files.Run("out");
        File.WriteAllText(_files.In("model/note.txt"), "another model");

        Assert.Contains(
            "base_model has changed since the run in",
            Assert.Throws<InputException>(() => _files.Run("out")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Results_of_other_documents_are_refused()
    {
        void Untrained(JsonObject study)
        {
            study["variants"] = JsonNode.Parse("""[{ "name": "base", "train": false }]""");
            study["measure"]![0]!["documents"] = "texts";
        }

        Directory.CreateDirectory(_files.In("texts"));
        File.WriteAllText(_files.In("texts/a.txt"), FictionWriter.Write(1, 0, 900).Text);
        File.WriteAllText(_files.In("texts/picture.png"), "not a document");
        _files.Run("out", Untrained);

        File.WriteAllText(_files.In("texts/picture.png"), "still not a document");
        Assert.True(_files.Run("out", Untrained).IsComplete);
        File.WriteAllText(_files.In("texts/a.txt"), FictionWriter.Write(2, 0, 900).Text);
        InputException e = Assert.Throws<InputException>(() => _files.Run("out", Untrained));

        Assert.EndsWith("was measured with other documents; remove it to measure again.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Margins_of_the_held_out_samples_are_drawn()
    {
        string page = File.ReadAllText(_files.Run("out").ReportPath);

        Assert.Contains("Reward margins of the held-out samples", page, StringComparison.Ordinal);
        Assert.Contains("<polygon", page, StringComparison.Ordinal); // the seeds' area around a curve
    }

    [Fact]
    public async Task The_command_prints_where_the_report_is_and_1_when_it_has_gaps()
    {
        (int code, string output, string error) = await CommandLine.Run("study", _files.Path, "--out", _files.In("out"));
        (int wrong, _, string sentence) = await CommandLine.Run("study", _files.In("recipe.jsonc"), "--out", _files.In("other"));

        Assert.Equal((0, ""), (code, code == 0 ? "" : error));
        Assert.Contains("report.html", output, StringComparison.Ordinal);
        Assert.Contains("train: logo, seed 1", error, StringComparison.Ordinal);
        Assert.Equal(2, wrong);
        Assert.Contains("use it with 'farsight train'", sentence, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files.In("other")));

        File.Delete(_files.In("out/results.json"));
        Directory.Delete(_files.In("out/eval/base"), recursive: true);
        await File.WriteAllTextAsync(_files.In("out/runs/sft/seed-1.failed.txt"), "Training diverged: by hand.");
        (int gaps, _, string told) = await CommandLine.Run("study", _files.Path, "--out", _files.In("out"));
        Assert.Equal(1, gaps);
        Assert.Contains("sft, seed 1: failed: Training diverged: by hand.", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Heads_are_masked_by_the_ranks_that_were_measured_before()
    {
        string start = $"{Repository.Root}/recipes/tiny-logo-rope.jsonc";
        string recipe = $$"""
            {
              "title": "Heads", "question": "Do they copy?", "prepare": [], "base": "{{start}}", "seeds": [1],
              "variants": [{ "name": "base", "train": false }],
              "measure": [
                { "tasks": ["retrieval-heads"], "lengths": [192], "depths": 2, "samples": 1, "seed": 1 },
                { "tasks": ["needle/single"], "lengths": [192], "depths": 2, "samples": 1, "seed": 1, "mask_heads": "top:4" },
                { "tasks": ["needle/single"], "lengths": [192], "depths": 2, "samples": 1, "seed": 1 },
              ],
            }
            """;

        StudyVerdict verdict = StudyRun.Start(
            new(RecipeFile.Parse<StudyRecipe>(recipe, _files.Path, []), _files.Path, _files.In("heads")),
            _ => { },
            null,
            CancellationToken.None);

        Assert.True(verdict.IsComplete, string.Join('\n', verdict.Missing));
        Assert.Equal([null, "top:4", null], verdict.Cells.Select(c => c.MaskedHeads));
        string ranked = Directory.GetDirectories(_files.In("heads/eval/base"), "retrieval-heads-*").Single(),
            masked = Directory.GetDirectories(_files.In("heads/eval/base"), "*-masked-*").Single();
        IEnumerable<string> best = HeadScores.Read(ranked).Ranking.Take(4).Select(r => HeadMask.Name(r.Head));
        Assert.EndsWith($"without heads {string.Join(' ', best)}", EvalFiles.ReadResults(masked).Model, StringComparison.Ordinal);
        Assert.Contains("without heads top:4", File.ReadAllText(verdict.ReportPath), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_something_else_is_left_alone()
    {
        Directory.CreateDirectory(_files.In("out"));
        File.WriteAllText(_files.In("out/thesis.txt"), "mine");

        Assert.Contains(
            "is not empty and is not a study",
            Assert.Throws<InputException>(() => _files.Run("out")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_along_training_are_measured_and_drawn()
    {
        StudyVerdict verdict = _files.Run("out", s =>
        {
            s["set"]!["adapter_every"] = 2;
            s["measure"]![0]!["steps"] = new JsonArray(2, 4);
        });

        Assert.True(verdict.IsComplete, string.Join('\n', verdict.Missing));
        Assert.Equal([2, 4], verdict.Cells.Where(c => c.Variant == "logo" && c.Length == 300).Select(c => c.Step!.Value));
        Assert.Contains("perplexity 300 along training", File.ReadAllText(verdict.ReportPath), StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();
}
