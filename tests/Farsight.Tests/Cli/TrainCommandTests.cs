using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Cli;

public sealed class TrainCommandTests : IDisposable
{
    readonly TrainingFiles _files = new();

    string Run => _files.In("run");

    [Fact]
    public async Task Trains_an_adapter_from_a_recipe()
    {
        (int code, string output, string error) = await Train();

        Assert.Equal((0, ""), (code, code == 0 ? "" : error));
        IReadOnlyList<MetricsLine> lines = MetricsLog.Read(Path.Combine(Run, "metrics.jsonl"));
        Assert.Equal([0, 5, 10, 12], lines.Where(l => l.HeldOut is not null).Select(l => l.Step));
        Assert.True(lines[^1].HeldOut![PreferenceMetrics.Loss] < 0.9 * lines[0].HeldOut![PreferenceMetrics.Loss]);
        using PeftAdapter adapter = PeftAdapter.Read(Path.Combine(Run, "adapter"));
        Assert.Equal(400, adapter.Effective!.MaxPositionEmbeddings);
        Assert.Equal(
            ["embed_tokens", "input_layernorm", "post_attention_layernorm", "norm"],
            adapter.Description.ModulesToSave.OrderBy(m => m.Length).ThenBy(m => m).OrderBy(m => m == "norm"));
        Assert.Contains("chosen log-prob", output, StringComparison.Ordinal);
        Assert.EndsWith($"adapter{Environment.NewLine}", output, StringComparison.Ordinal);
        Assert.Contains("held out: loss", error, StringComparison.Ordinal);
        Assert.Contains("step 12/12", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adapter_finds_its_base_model_from_any_working_folder()
    {
        (int trained, _, _) = await Train();
        string adapter = Path.Combine(Run, "adapter");

        (int generated, _, string note) = await CommandLine.Run(
            "generate", "--adapter", adapter, "--prompt", "What is the lamp?", "--max-new-tokens", "2");
        (int merged, _, string mergeNote) = await CommandLine.Run("merge", "--adapter", adapter, "--out", _files.In("merged"));
        (_, _, string evalNote) = await CommandLine.Run("eval", "--adapter", adapter, "--length", "64"); // too short for the task

        string sentence = $"The base model is {_files.In("model")}, as {adapter} names it.";
        Assert.Equal("../../model", PeftAdapter.Read(adapter).Description.BaseModelName);
        Assert.Equal((0, 0, 0), (trained, generated, merged));
        Assert.All([note, mergeNote, evalNote], n => Assert.Contains(sentence, n, StringComparison.Ordinal));
        Assert.True(File.Exists(_files.In("merged/config.json")));
    }

    [Theory]
    [InlineData("""{"prompt":"What is it?","chosen":"A lamp.","rejected":"A door."}""")]
    [InlineData("""{"chosen":[{"role":"user","content":"x"}],"rejected":[{"role":"user","content":"x"}]}""")]
    [InlineData("""{"input":{"messages":[]},"preferred_output":[],"non_preferred_output":[]}""")]
    public async Task Data_of_another_program_is_answered_with_the_command_that_imports_it(string line)
    {
        File.WriteAllText(_files.In("data.jsonl"), line + "\n");

        (int code, _, string error) = await Train();

        Assert.Equal(2, code);
        Assert.Contains("data.jsonl:1: the line is a preference pair of another program", error, StringComparison.Ordinal);
        Assert.Contains("'farsight data import'", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train {0} --out run", "{0} seems to be a safetensors file; use a text file.")]
    [InlineData("plan recipe.jsonc --set data={0}", "{0} seems to be a safetensors file; use a text file.")]
    [InlineData("generate --model model --prompt @{0}", "{0} seems to be a safetensors file; use a text file.")]
    public async Task A_binary_file_given_as_a_text_is_named(string command, string sentence)
    {
        string weights = _files.In("model/model.safetensors");
        string[] words =
        [
            .. command.Split(' ').Select(w => w is "recipe.jsonc" or "model" or "run"
                ? _files.In(w)
                : w.Replace("{0}", weights, StringComparison.Ordinal)),
        ];

        (int code, _, string error) = await CommandLine.Run(words);

        Assert.Equal((2, sentence.Replace("{0}", weights, StringComparison.Ordinal)), (code, error.Trim()));
    }

    [Theory]
    [InlineData("trian", "'trian' is not a command of 'farsight'. Did you mean 'train'?")]
    [InlineData("data inport", "'inport' is not a command of 'farsight data'. Did you mean 'import'?")]
    [InlineData("train recipe.jsonc --ouT run", "'--ouT' is not an option of 'farsight train'. Did you mean '--out'?")]
    [InlineData(
        "synth logo --model m --documents d --samples 1 --seed 1 --out o --scorer bm52",
        "--scorer: 'bm52' is unknown; use one of "
    )]
    public async Task A_mistyped_word_is_answered_with_the_nearest_one(string command, string sentence)
    {
        (int code, string output, string error) = await CommandLine.Run(command.Split(' '));

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith(sentence, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_of_another_kind_names_its_command()
    {
        string recipe = Path.Combine(Repository.Root, "recipes/tiny-evolve.jsonc");

        (int code, _, string error) = await CommandLine.Run("train", recipe, "--out", _files.In("run"));

        Assert.Equal(2, code);
        Assert.EndsWith(
            "it has no steps, and its keys are those of another kind of recipe; use it with 'farsight evolve'.",
            error.Trim(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopped_and_resumed_has_the_bits_of_never_stopped_on_any_number_of_threads()
    {
        await Train("--threads", "2");
        using (CancellationTokenSource source = new())
        {
            TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, []);
            StopAfter stop = new(source, 7);
            Assert.Throws<OperationCanceledException>(() =>
                TrainRun.Start(new(recipe, _files.RecipePath, _files.In("stopped"), Resume: false), _ => { }, stop, source.Token));
        }
        int threads = Workers.Threads;
        (int code, _, _) = await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("stopped"), "--resume", "--threads", "1");
        Workers.Threads = threads;

        Assert.Equal(0, code);
        foreach (
            string file in new[]
            {
                "metrics.jsonl",
                "adapter/adapter_model.safetensors",
                "adapter/config.json",
                "checkpoints/step-000012/optimizer.safetensors",
            })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(Run, file)), File.ReadAllBytes(_files.In($"stopped/{file}")));
        }
    }

    [Theory]
    [InlineData("lora.train_norms=true", "adapters", "adapter", "adapter_model.safetensors")]
    [InlineData("lora=null", "models", "model", "model.safetensors")]
    public async Task What_training_had_made_at_some_steps_is_kept_also_when_it_was_stopped(
        string weights,
        string folder,
        string last,
        string file)
    {
        string[] sets = [weights, "adapter_every=3"];
        (int code, _, _) = await Train("--set", sets[0], "--set", sets[1]);
        using CancellationTokenSource source = new();
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, sets);
        Assert.Throws<OperationCanceledException>(() => TrainRun.Start(
            new(recipe, _files.RecipePath, _files.In("stopped"), Resume: false), _ => { }, new StopAfter(source, 7), source.Token));
        string left = Directory.CreateDirectory(_files.In($"stopped/{folder}/step-000009.tmp")).FullName;
        TrainRun.Start(new(recipe, _files.RecipePath, _files.In("stopped"), Resume: true), _ => { }, null, CancellationToken.None);

        Assert.Equal(0, code);
        string[] kept = [.. Directory.GetDirectories(Path.Combine(Run, folder)).Order()];
        Assert.Equal(["step-000003", "step-000006", "step-000009", "step-000012"], kept.Select(Path.GetFileName));
        Assert.Equal(
            kept.Select(Path.GetFileName),
            Directory.GetDirectories(_files.In($"stopped/{folder}")).Select(Path.GetFileName).Order());
        Assert.All(
            kept,
            k =>
                Assert.Equal(
                    File.ReadAllBytes(Path.Combine(k, file)),
                    File.ReadAllBytes(_files.In($"stopped/{folder}/{Path.GetFileName(k)}/{file}"))));
        Assert.Equal(File.ReadAllBytes(Path.Combine(Run, last, file)), File.ReadAllBytes(Path.Combine(kept[^1], file)));
        Assert.NotEqual(File.ReadAllBytes(Path.Combine(kept[0], file)), File.ReadAllBytes(Path.Combine(kept[^1], file)));
        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public async Task Resuming_a_finished_run_changes_nothing()
    {
        await Train();
        byte[] before = File.ReadAllBytes(Path.Combine(Run, "metrics.jsonl"));

        (int code, _, _) = await Train("--resume");

        Assert.Equal(0, code);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(Run, "metrics.jsonl")));
    }

    [Fact]
    public async Task Dpo_keeps_its_reference_and_begins_with_a_margin_near_zero()
    {
        (int code, _, _) = await Train("--set", """objective={"name":"dpo","beta":0.1}""", "--set", """positions={"scheme":"plain"}""");

        Assert.Equal(0, code);
        Assert.Equal(12, File.ReadAllLines(Path.Combine(Run, "reference.jsonl")).Length);
        MetricsLine first = MetricsLog.Read(Path.Combine(Run, "metrics.jsonl"))[0];
        Assert.Equal(Math.Log(2), first.HeldOut![PreferenceMetrics.Loss], 1e-4); // F32 log-probabilities of trees of other shapes
    }

    [Fact]
    public async Task Without_an_adapter_every_weight_is_trained_and_a_whole_model_written()
    {
        (int code, string output, _) = await Train(
            "--set",
            "lora=null",
            "--set",
            "objective={\"name\":\"sft_full\"}",
            "--set",
            "rope=yarn:8");

        Assert.Equal(0, code);
        Assert.EndsWith($"model{Environment.NewLine}", output, StringComparison.Ordinal);
        using DecoderModel model = ModelLoader.Load(Path.Combine(Run, "model"));
        Assert.IsType<RopeScaling.Yarn>(model.Config.RopeScaling);
        Assert.Equal(512, model.Config.MaxPositionEmbeddings);
        Assert.True(File.Exists(Path.Combine(Run, "model/tokenizer.json")));
    }

    [Theory]
    [InlineData(new[] { "--set", "steps=0" }, "steps: 0 is not usable")]
    [InlineData(new[] { "--set", "stpes=5" }, "stpes: unknown key")]
    [InlineData(new[] { "--set", "base_model=nowhere" }, "base_model: nowhere exists neither")]
    [InlineData(new[] { "--set", "data=nowhere" }, "data: nowhere exists neither")]
    [InlineData(new[] { "--set", "data=recipe.jsonc" }, "recipe.jsonc:1")]
    [InlineData(new[] { "--set", "held_out=12" }, "12 samples cannot be held out of 12")]
    [InlineData(new[] { "--set", "positions.target_length=20" }, "target_length 20")]
    [InlineData(new[] { "--set", "objective.rejected_responses=3" }, "takes 3")]
    [InlineData(new[] { "--threads", "0" }, "--threads")]
    [InlineData(new[] { "--treads", "1" }, "--treads")]
    public async Task A_fault_of_the_input_is_one_clear_message_and_exit_code_2(string[] args, string named)
    {
        (int code, string output, string error) = await Train(args);

        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_there_and_another_recipe_are_refused()
    {
        await Train();

        Assert.Contains("already has a run; resume it", (await Train()).Error, StringComparison.Ordinal);
        (int code, _, string error) = await Train("--resume", "--set", "optimizer.clip_norm=2");
        Assert.Equal(2, code);
        Assert.Contains("optimizer.clip_norm is 2, but", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunks_of_another_tokenizer_are_refused_by_name()
    {
        string data = File.ReadAllText(_files.In("data.jsonl")).Replace("\"tokens\":[", "\"tokens\":[9999,", StringComparison.Ordinal);
        File.WriteAllText(_files.In("data.jsonl"), data);

        (int code, _, string error) = await Train();

        Assert.Equal(2, code);
        Assert.Contains("token 9999", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Run)); // nothing is begun that cannot be done
    }

    public void Dispose() => _files.Dispose();

    Task<(int Code, string Out, string Error)> Train(params string[] more) =>
        CommandLine.Run(["train", _files.RecipePath, "--out", Run, .. more]);

    sealed class StopAfter(CancellationTokenSource source, int step) : IProgress<TrainingProgress>
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
