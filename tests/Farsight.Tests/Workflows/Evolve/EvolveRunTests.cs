using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Recipes;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Evaluation.Core;
using Farsight.Workflows.Evolve;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Evolve;

public sealed partial class EvolveRunTests : IDisposable
{
    static readonly string s_recipe = Path.Combine(Repository.Root, "recipes/tiny-evolve.jsonc");

    // Two iterations, a few samples and steps.
    static readonly string[] s_small =
    [
        """documents={"count":6,"words":1500}""", "held_out=1", "schedule.warmup_steps=1", "eval_every=2", "checkpoint_every=1",
        """
            iterations=[
              {"window":1024,"rope":"yarn:2","samples":8,"turns":1,"document_tokens":1010,"chunk_tokens":220,
            """ + """
            "min_chunk_tokens":110,"steps":3,"batch_size":2},
              {"window":2560,"rope":"yarn:5","samples":3,"turns":1,"document_tokens":2480,"chunk_tokens":300,
            """ + """
            "min_chunk_tokens":200,"steps":3,"batch_size":2,"learning_rate":5e-4}]
            """,
        """measure={"tasks":["needle/single"],"depths":1,"samples":2}""",
    ];

    readonly TemporaryFolder _folder = new();

    [Fact, Trait("Category", "Slow")]
    public void Stopped_in_every_stage_of_every_iteration_it_ends_in_the_bytes_of_one_that_never_stopped()
    {
        EvolveVerdict whole = Start("whole", null, default), stopped = StopEverywhere("stopped", out List<string> stops);

        Assert.Equal(
            [
                "documents ",
                "measuring base",
                "measuring rope-alone",
                "data iteration 1",
                "reference iteration 1",
                "training iteration 1",
                "merging iteration 1",
                "measuring iteration-1",
                "data iteration 2",
                "reference iteration 2",
                "training iteration 2",
                "merging iteration 2",
                "measuring iteration-2",
            ],
            stops);
        foreach (
            string file in new[]
            {
                "evolution.json",
                "iteration-1/data.jsonl",
                "iteration-2/data.jsonl",
                "iteration-1/run/metrics.jsonl",
                "iteration-2/run/metrics.jsonl",
                "iteration-2/model/model.safetensors",
            })
        {
            Assert.Equal(File.ReadAllBytes(_folder[$"whole/{file}"]), File.ReadAllBytes(_folder[$"stopped/{file}"]));
        }
        Assert.Equal(Report("whole"), Report("stopped"));
        Check(whole);
        Check(stopped);
    }

    /// <summary>Returns the report without times and memory.</summary>
    string Report(string run) => Cost().Replace(File.ReadAllText(_folder[$"{run}/report.md"]), "cost");

    [GeneratedRegex(@"[0-9][0-9. msinh]* for [0-9,]+ examples?|[0-9.]+ [KMG]iB")]
    private static partial Regex Cost();

    [Fact]
    public void A_window_that_the_rope_does_not_reach_is_refused_before_anything_is_made()
    {
        InputException e = Assert.Throws<InputException>(() =>
            Start("out", null, default, "iterations=[" + Iteration(1024, "yarn:2") + "," + Iteration(4096, "yarn:4") + "]"));

        Assert.Contains("iterations[1].rope: yarn:4 reaches 2048 tokens, and the window is 4096", e.Message, StringComparison.Ordinal);
        Assert.Contains(
            "has 512 already",
            Assert.Throws<InputException>(() => Start("out", null, default, "iterations=[" + Iteration(512, "yarn:2") + "]")).Message,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Another_recipe_is_refused_in_the_same_folder()
    {
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Start("out", null, stop.Token));

        Assert.Contains(
            "seed is 2, but",
            Assert.Throws<InputException>(() => Start("out", null, stop.Token, "seed=2")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("documents", "documents.path")]
    [InlineData("haystack", "measure.documents")]
    public void Documents_that_were_changed_are_refused(string changed, string key)
    {
        foreach (string folder in new[] { "documents", "haystack" })
        {
            Directory.CreateDirectory(_folder[folder]);
            File.WriteAllText(_folder[$"{folder}/a.txt"], FictionWriter.Write(1, 0, 4000).Text);
        }
        string[] set =
        [
            $$"""documents={"path":"{{_folder["documents"]}}"}""",
            $$"""measure={"tasks":["needle/single"],"depths":1,"samples":2,"documents":"{{_folder["haystack"]}}"}""",
        ];
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Start("out", null, stop.Token, set));
        Assert.ThrowsAny<OperationCanceledException>(() => Start("out", null, stop.Token, set));

        File.WriteAllText(_folder[$"{changed}/a.txt"], FictionWriter.Write(2, 0, 4000).Text);
        InputException e = Assert.Throws<InputException>(() => Start("out", null, stop.Token, set));

        Assert.StartsWith($"{key} has changed since the run in", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iterations=[]", "iterations: the list is empty")]
    [InlineData("held_out=-1", "held_out")]
    [InlineData("measure.tasks=[\"nedle\"]", "measure.tasks[0]")]
    [InlineData("documents={\"count\":3}", "documents: use a path, or count and words")]
    [InlineData("documents={\"count\":3,\"words\":9,\"path\":\"x\"}", "documents: it has a path and numbers")]
    [InlineData("objective.beta=0", "objective.beta")]
    [InlineData("schedule.warmup_steps=81", "schedule.warmup_steps: 81 is not between 0 and the 80 steps")]
    [InlineData("temperature=-1", "temperature: -1 is not usable; use 0 (greedy) to 100.")]
    [InlineData("colour=red", "colour: unknown key")]
    public void What_is_wrong_with_a_recipe_is_named(string set, string message) =>
        Assert.Contains(
            message,
            Assert.Throws<RecipeException>(() => RecipeFile.Read<EvolveRecipe>(s_recipe, [set])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void What_is_wrong_with_an_iteration_is_named()
    {
        string wrong =
            """{"window":1024,"rope":"yarm:2","samples":0,"turns":0,"document_tokens":2000,"chunk_tokens":3000,"min_chunk_tokens":"""
            + """4000,"steps":20,"batch_size":0,"learning_rate":2}""";
        string message = Assert
            .Throws<RecipeException>(() => RecipeFile.Read<EvolveRecipe>(s_recipe, [$"iterations=[{Iteration(1024, "yarn:2")},{wrong}]"]))
            .Message;

        foreach (
            string key in new[]
            {
                "window: 1024 is not above",
                "samples",
                "turns",
                "document_tokens",
                "chunk_tokens",
                "min_chunk_tokens",
                "rope: 'yarm:2'",
                "batch_size",
            })
        {
            Assert.Contains($"iterations[1].{key}", message, StringComparison.Ordinal);
        }
        Assert.Contains("optimizer.learning_rate: 2", message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    static string Iteration(int window, string rope) =>
        $$"""{"window":{{window}},"rope":"{{rope}}","samples":4,"turns":1,"document_tokens":400,"chunk_tokens":"""
        + """100,"min_chunk_tokens":50,"steps":20,"batch_size":2}""";

    static void Check(EvolveVerdict verdict)
    {
        Assert.Equal(["base", "base, yarn:5 alone", "iteration 1", "iteration 2"], verdict.Models.Select(m => m.Name));
        Assert.Equal(2560, ModelFiles.ReadConfig(verdict.Model).MaxPositionEmbeddings);
        Assert.All(verdict.Models, m => Assert.Equal([512, 1024, 2560], m.Results.Tasks[0].Lengths.Select(c => c.Length)));
        JsonElement models = JsonDocument.Parse(File.ReadAllText(verdict.SummaryPath)).RootElement.GetProperty("models");
        Assert.Equal(4, models.GetArrayLength());
        TaskResult needles = verdict.Models[3].Results.Tasks[0];
        Assert.Equal(
            needles.Lengths[2].Mean!.Value,
            models[3].GetProperty("tasks").GetProperty("needle/single").GetProperty("2560").GetProperty("mean").GetDouble());
        Assert.Contains("<svg", File.ReadAllText(verdict.ReportPath), StringComparison.Ordinal);
    }

    /// <summary>Starts again and again, and stops at the first sign of life of every stage that has not been stopped in yet.</summary>
    EvolveVerdict StopEverywhere(string name, out List<string> stops)
    {
        List<string> seen = stops = [];
        while (true)
        {
            using CancellationTokenSource stop = new();
            try
            {
                return Start(name, new Watch(p =>
                {
                    string stage = p.Detail.StartsWith("reference", StringComparison.Ordinal) ? "reference" : p.Stage;
                    string at = $"{stage} {(p.Stage == "documents" ? "" : p.What)}";
                    if (!stop.IsCancellationRequested && !seen.Contains(at))
                    {
                        seen.Add(at);
                        stop.Cancel();
                    }
                }), stop.Token);
            }
            catch (OperationCanceledException)
            {
                // The next start continues.
            }
        }
    }

    EvolveVerdict Start(string name, IProgress<StageProgress>? progress, CancellationToken cancel, params string[] set) =>
        EvolveRun.Start(
            new(RecipeFile.Read<EvolveRecipe>(s_recipe, [.. s_small, .. set]), s_recipe, _folder[name]),
            _ => { },
            progress,
            cancel);

    sealed class Watch(Action<StageProgress> seen) : IProgress<StageProgress>
    {
        public void Report(StageProgress value) => seen(value);
    }
}
