using System.Diagnostics;
using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Study;
using Farsight.Workflows.Train;

namespace Farsight.Torch.Tests;

/// <summary>Runs of Farsight's training loop whose passes libtorch computes.</summary>
public sealed class TrainingTests : IDisposable
{
    readonly TrainingFiles _files = new();
    readonly TemporaryFolder _folder = new();

    [Fact]
    public void Twenty_steps_on_the_bundled_model_stay_close_to_those_of_the_CPU_engine()
    {
        TrainRequest request = Bundled("steps=20");

        Start(request with { Output = _folder["cpu"] });
        Start(request with { Output = _folder["torch"], Backend = Backend() });

        // F32 sums in another order; the differences grow from step to step.
        Assert.True(Largest(Metrics("cpu"), Metrics("torch"), "loss") < 1e-4, Distances("cpu", "torch"));
        Assert.Equal(Files("cpu/adapter"), Files("torch/adapter"));
    }

    [Fact]
    public void A_run_in_half_precision_learns_as_the_CPU_engine_does()
    {
        TrainRequest request = Bundled("steps=20");

        Start(request with { Output = _folder["cpu"] });
        Start(request with { Output = _folder["bf16"], Backend = new TorchBackend("torch-cpu", NumberFormat.BF16) });

        double[] exact = Values(Metrics("cpu"), "loss"), rounded = Values(Metrics("bf16"), "loss");
        Assert.True(exact[^1] < 0.8 * exact[1], $"The run does not learn: {exact[1]} to {exact[^1]}.");
        Assert.InRange(rounded[^1], exact[^1] - 0.1 * Math.Abs(exact[1]), exact[^1] + 0.1 * Math.Abs(exact[1]));
    }

    [Fact]
    public void A_resumed_run_has_the_bits_of_an_uninterrupted_one()
    {
        TrainRequest request = Small("steps=8", "checkpoint_every=4") with { Backend = Backend() };
        Start(request with { Output = _folder["whole"] });

        StopAfter(request with { Output = _folder["parts"] }, step: 5);
        Start(request with { Output = _folder["parts"], Resume = true });

        Assert.Equal(File.ReadAllText(_folder["whole/metrics.jsonl"]), File.ReadAllText(_folder["parts/metrics.jsonl"]));
        Assert.Equal(
            File.ReadAllBytes(_folder["whole/adapter/adapter_model.safetensors"]),
            File.ReadAllBytes(_folder["parts/adapter/adapter_model.safetensors"]));
    }

    [Fact]
    public void A_study_trains_its_variants_on_the_device()
    {
        File.WriteAllText(
            _files.In("study.jsonc"),
            """
            {
              "title": "A toy", "question": "Does the device train?",
              "prepare": [{ "make": "documents", "count": 1, "words": 900, "seed": 9, "out": "documents" }],
              "base": "recipe.jsonc", "set": { "steps": 3 }, "seeds": [1],
              "variants": [{ "name": "base", "train": false }, { "name": "logo" }],
              "measure": [{ "tasks": ["perplexity"], "lengths": [300], "depths": 1, "samples": 1, "limit": 1, "seed": 5,
                "documents": "documents" }],
            }
            """);
        StudyRecipe recipe = RecipeFile.Read<StudyRecipe>(_files.In("study.jsonc"), []);

        StudyVerdict verdict = StudyRun.Start(
            new(recipe, _files.In("study.jsonc"), _folder["study"]) { Backend = Backend() }, _ => { }, null, default);

        Assert.True(verdict.IsComplete);
        string manifest = Directory.GetFiles(_folder["study/runs/logo"], "manifest.json", SearchOption.AllDirectories).Single();
        Assert.StartsWith("torch-cpu", (string?)JsonNode.Parse(File.ReadAllText(manifest))!["device"], StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_run_directory_moves_between_the_engines(bool beginsOnTorch)
    {
        TrainRequest request = Small("steps=8", "checkpoint_every=4");
        Start(request with { Output = _folder["whole"] });
        List<string> notes = [];

        StopAfter(request with { Output = _folder["moved"], Backend = beginsOnTorch ? Backend() : null }, step: 4);
        Start(request with { Output = _folder["moved"], Backend = beginsOnTorch ? null : Backend(), Resume = true }, notes);

        Assert.True(Largest(Metrics("whole"), Metrics("moved"), "loss") < 1e-3, Distances("whole", "moved"));
        Assert.Contains(notes, n => n.StartsWith("the device was ", StringComparison.Ordinal));
    }

    [Theory, InlineData("q8_0"), InlineData("q4_0")]
    public void A_run_with_frozen_weights_in_blocks_stays_close_to_that_of_the_CPU_engine(string weights)
    {
        TrainRequest request = Bundled("steps=5", $"weights={weights}");

        Start(request with { Output = _folder["cpu"] });
        Start(request with { Output = _folder["torch"], Backend = Backend() });
        Start(Bundled("steps=5") with { Output = _folder["exact"], Backend = Backend() });

        Assert.True(Largest(Metrics("cpu"), Metrics("torch"), "loss") < 1e-4, Distances("cpu", "torch"));
        Assert.True(Largest(Metrics("exact"), Metrics("torch"), "loss") > 1e-4, Distances("exact", "torch"));
    }

    [Fact]
    public void A_run_that_does_not_fit_the_memory_of_the_device_is_refused_before_it_begins()
    {
        InputException error = Assert.Throws<InputException>(() => Start(
            Small("steps=3") with { Output = _folder["run"], Backend = Backend(), MemoryBytes = 100 << 20 }));

        Assert.StartsWith(
            "The run needs about 1.0 GiB on the device torch-cpu and may use 100 MiB: weights ", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public void A_run_that_is_killed_is_resumed_to_the_bits_of_an_uninterrupted_one()
    {
        string[] line = ["steps=40", "checkpoint_every=2", "eval_every=20"];
        Assert.Equal(0, Finish(Launch("whole", line)));
        Process process = Launch("killed", line);
        while (!Directory.Exists(_folder["killed/checkpoints/step-000008"]) && !process.HasExited)
        {
            Thread.Sleep(10);
        }
        process.Kill();
        Assert.NotEqual(0, Finish(process));
        Assert.False(Directory.Exists(_folder["killed/adapter"]));

        Assert.Equal(0, Finish(Launch("killed", line)));

        Assert.Equal(File.ReadAllText(_folder["whole/metrics.jsonl"]), File.ReadAllText(_folder["killed/metrics.jsonl"]));
        Assert.Equal(
            File.ReadAllBytes(_folder["whole/adapter/adapter_model.safetensors"]),
            File.ReadAllBytes(_folder["killed/adapter/adapter_model.safetensors"]));
    }

    [Theory, InlineData(2), InlineData(3)]
    public void Ranks_that_each_have_a_device_write_the_bytes_of_one(int size)
    {
        TrainRequest request = Small("steps=4", "micro_batch_tokens=1");
        Start(request with { Output = _folder["alone"], Backend = Backend() });

        ThreadRanks.Run(size, ranks =>
        {
            TorchBackend backend = new("torch-cpu", null, ranks.LocalRank);
            Start(request with { Output = _folder["ranks"], Backend = backend, Ranks = ranks });
            return ranks.Rank;
        });

        Assert.All(["metrics.jsonl", "adapter/adapter_model.safetensors"], (string file) => Assert.Equal(
            File.ReadAllBytes(_folder[$"alone/{file}"]), File.ReadAllBytes(_folder[$"ranks/{file}"])));
    }

    [Fact]
    public void The_manifest_names_the_device()
    {
        Start(Small("steps=3") with { Output = _folder["run"], Backend = Backend() });

        Assert.Equal(
            "torch-cpu, libtorch 2.10.0, F32", (string?)JsonNode.Parse(File.ReadAllText(_folder["run/manifest.json"]))!["device"]);
    }

    [Theory, MemberData(nameof(Objectives))]
    public void Every_objective_trains_as_with_the_CPU_engine(string objective)
    {
        TrainRequest request = Small("steps=3", $"objective={objective}");

        Start(request with { Output = _folder["cpu"] });
        Start(request with { Output = _folder["torch"], Backend = Backend() });

        Assert.True(Largest(Metrics("cpu"), Metrics("torch"), "loss") < 1e-3, Distances("cpu", "torch"));
    }

    public static TheoryData<string> Objectives =>
    [
        """{ "name": "dpo", "beta": 0.1 }""",
        """{ "name": "ipo", "beta": 0.1 }""",
        """{ "name": "longpo", "beta": 0.1, "preference_weight": 1, "nll_weight": 0.01 }""",
        """{ "name": "orpo", "odds_ratio_weight": 0.1 }""",
        """{ "name": "sft_full" }""",
        """{ "name": "sft_partial" }""",
        """{ "name": "simpo", "beta": 2, "gamma": 1 }""",
    ];

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    static TorchBackend Backend() => new("torch-cpu", null);

    /// <summary>Starts the command-line tool, which finds the component beside these tests.</summary>
    Process Launch(string run, string[] settings)
    {
        string tests = Path.Combine(AppContext.BaseDirectory, "Farsight.Torch.Tests");
        string[] line =
        [
            "exec", "--depsfile", $"{tests}.deps.json", "--runtimeconfig", $"{tests}.runtimeconfig.json",
            Path.Combine(AppContext.BaseDirectory, "farsight.dll"), "train", _files.RecipePath, "--out", _folder[run],
            "--device", "torch-cpu", "--threads", "1", .. settings.SelectMany(s => new[] { "--set", s }),
            .. Directory.Exists(_folder[run]) ? new[] { "--resume" } : [],
        ];
        return Process.Start(new ProcessStartInfo(Environment.ProcessPath!, line) { RedirectStandardOutput = true })!;
    }

    static int Finish(Process process)
    {
        using (process)
        {
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
    }

    TrainRequest Small(params string[] overrides) => new(
        RecipeFile.Read<TrainRecipe>(_files.RecipePath, overrides), _files.RecipePath, "", Resume: false);

    /// <summary>A recipe for the bundled model, with samples in its tokenizer.</summary>
    TrainRequest Bundled(params string[] overrides)
    {
        string model = Path.Combine(AppContext.BaseDirectory, "models/tiny");
        Tokenizer tokenizer = Tokenizer.LoadFor(model, 2048);
        File.WriteAllLines(
            _files.In("bundled.jsonl"), Enumerable.Range(0, 24).Select(i => PreferenceLine.Format(TrainingFiles.Sample(i, tokenizer))));
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
            _files.RecipePath, [$"base_model={model}", "data=bundled.jsonl", "optimizer.learning_rate=0.002", .. overrides]);
        return new(recipe, _files.RecipePath, "", Resume: false);
    }

    static void Start(TrainRequest request, List<string>? notes = null) => TrainRun.Start(request, n => notes?.Add(n), null, default);

    static void StopAfter(TrainRequest request, int step)
    {
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => TrainRun.Start(request, _ => { }, new Stop(step, stop), stop.Token));
    }

    JsonNode[] Metrics(string run) => [.. File.ReadAllLines(_folder[$"{run}/metrics.jsonl"]).Select(l => JsonNode.Parse(l)!)];

    string[] Files(string folder) => [.. Directory.GetFiles(_folder[folder]).Select(f => Path.GetFileName(f)!).Order()];

    static double[] Values(JsonNode[] metrics, string name) => [.. metrics.Select(m => (double?)m[name]).OfType<double>()];

    static double Largest(JsonNode[] a, JsonNode[] b, string name) =>
        Values(a, name).Zip(Values(b, name)).Max(v => Math.Abs(v.First - v.Second) / Math.Max(1, Math.Abs(v.First)));

    string Distances(string a, string b) =>
        string.Join("; ", Values(Metrics(a), "loss").Zip(Values(Metrics(b), "loss")).Select(v => $"{v.First:R} {v.Second:R}"));

    sealed class Stop(int step, CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Line.Step == step)
            {
                source.Cancel();
            }
        }
    }
}
