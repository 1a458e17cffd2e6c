using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>The bundled model trained with a segment memory, and read with it.</summary>
public sealed class SegmentMemoryRunTests : IDisposable
{
    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");

    readonly TrainingFiles _files = new();

    public SegmentMemoryRunTests()
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(s_model, 2048);
        File.WriteAllLines(
            _files.In("tiny.jsonl"), Enumerable.Range(0, 8).Select(i => PreferenceLine.Format(TrainingFiles.Sample(i, tokenizer))));
    }

    [Fact]
    public async Task A_trained_memory_lies_beside_the_adapter_and_evaluations_read_with_it()
    {
        IReadOnlyList<MetricsLine> lines = Train("run", "steps=6", "eval_every=6");

        Assert.True(lines[^1].HeldOut!["loss"] < 0.9 * lines[0].HeldOut!["loss"], "the held-out loss does not fall");
        (int code, string output, string error) = await CommandLine.Run(
            "eval", "--model", s_model, "--adapter", _files.In("run/adapter"), "--context-method", "hmt", "--task", "needle/single",
            "--length", "1024", "--depths", "1", "--samples", "1", "--out", _files.In("eval"));
        Assert.True(code == 0, error);
        Assert.Contains("needle/single", output, StringComparison.Ordinal);
        Assert.Contains("hmt:slots=0", File.ReadAllText(_files.In("eval/results.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_run_continues_to_the_same_memory()
    {
        Train("whole", "steps=4", "checkpoint_every=2");
        using (CancellationTokenSource stop = new())
        {
            Assert.Throws<OperationCanceledException>(() => Start(
                "parts", resume: false, stop.Token, new SynchronousProgress<TrainingProgress>(p =>
                {
                    if (p.Line.Step == 2)
                    {
                        stop.Cancel();
                    }
                }), "steps=4", "checkpoint_every=2"));
        }
        Start("parts", resume: true, CancellationToken.None, null, "steps=4", "checkpoint_every=2");

        foreach (string file in new[] { "adapter_model.safetensors", "segment_memory.safetensors" })
        {
            Assert.Equal(File.ReadAllBytes(_files.In($"whole/adapter/{file}")), File.ReadAllBytes(_files.In($"parts/adapter/{file}")));
        }
    }

    [Fact]
    public void A_merged_model_keeps_the_memory()
    {
        Train("run", "steps=2");
        using DecoderModel model = ModelLoader.Load(s_model);
        ModelLoader.LoadAdapter(model, _files.In("run/adapter"));

        new AdapterMerge(s_model, _files.In("run/adapter"), _files.In("merged"), NumberFormat.F32).Write();

        using DecoderModel merged = ModelLoader.Load(_files.In("merged"));
        Assert.Equal(new SegmentMemoryOptions(16, 0, 4, 100, 6), merged.SegmentMemory!.Options);
        Assert.Equal(
            model.SegmentMemory!.Parameters.Select(p => p.Value.Span.ToArray()),
            merged.SegmentMemory.Parameters.Select(p => p.Value.Span.ToArray()));
    }

    [Fact]
    public async Task The_method_refuses_a_model_without_a_memory_by_name()
    {
        (int code, _, string error) = await CommandLine.Run(
            "generate", "--model", s_model, "--prompt", "x", "--context-method", "hmt");

        Assert.Equal(2, code);
        Assert.Contains("hmt:slots=0 needs a model that was trained with a segment memory", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("positions={\"scheme\":\"synthesized\",\"target_length\":400,\"sparse_share\":0}", "positions: it cannot be used with")]
    [InlineData("objective={\"name\":\"dpo\",\"beta\":0.1}", "objective: it cannot be used with segment_memory, because a reference")]
    [InlineData("segment_memory.segment=1", "segment_memory.segment: 1 is not usable; use 2 or more")]
    [InlineData("segment_memory.carry=17", "segment_memory.carry: 17 is not usable; use 0 to 16")]
    [InlineData("attention={\"name\":\"shifted_sparse\",\"group\":8}", "attention: it cannot be used with segment_memory")]
    public void Settings_that_a_memory_cannot_be_used_with_are_named(string setting, string problem) => Assert.Contains(
        problem, Assert.ThrowsAny<InputException>(() => Recipe(setting)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("segment_memory=null", "samples are longer than the window of the model (64 tokens)")]
    [InlineData("""segment_memory={"segment":70,"carry":0}""", "The longest segment with carried tokens and response has")]
    [InlineData("""segment_memory={"segment":16,"carry":4}""", null)]
    public void A_sample_is_beyond_the_window_if_what_is_read_at_once_is(string memory, string? notice)
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(_files.In("model"), 275);
        File.WriteAllLines(_files.In("long.jsonl"), Enumerable.Range(0, 4).Select(i => TrainingFiles.Sample(i, tokenizer)).Select(s =>
            PreferenceLine.Format(s with { Context = [.. Enumerable.Repeat(s.Context, 10).SelectMany(c => c)] })));
        TrainRecipe recipe = Recipe("base_model=model", "data=long.jsonl", "held_out=1", memory);

        TrainInputs inputs = TrainInputs.Read(recipe, _files.RecipePath);
        TrainPlan plan = TrainPlan.Of(recipe, _files.RecipePath, null, 1e9);

        Assert.Equal(notice is null ? 0 : 4, plan.SamplesBeyondWindow);
        Assert.Equal(notice is null ? 0 : 1, inputs.Notices.Count(n => n.Contains(notice ?? "window", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_rope_scaling_that_depends_on_the_length_is_refused()
    {
        InputException e = Assert.Throws<InputException>(() => Train("run", "rope=dynamic:2"));

        Assert.Contains("segment_memory cannot be used with a RoPE scaling that depends", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files.In("run")));
    }

    [Fact]
    public void A_damaged_memory_is_refused_by_its_path()
    {
        Train("run", "steps=2");
        string adapter = _files.In("run/adapter"), path = Path.Combine(adapter, "segment_memory.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        using DecoderModel other = ModelLoader.Load(_files.In("model"));
        using DecoderModel tiny = ModelLoader.Load(s_model);

        InputException foreign = Assert.Throws<InputException>(() => SegmentMemoryFile.Attach(other, adapter));
        File.WriteAllBytes(path, bytes[..^8]);
        InputException cut = Assert.Throws<InputException>(() => ModelLoader.LoadAdapter(tiny, adapter));

        Assert.Contains($"{path}: segment_memory.summary [1, 32] is not in it", foreign.Message, StringComparison.Ordinal);
        Assert.Contains(path, cut.Message, StringComparison.Ordinal);
        Assert.Null(other.SegmentMemory);
    }

    public void Dispose() => _files.Dispose();

    IReadOnlyList<MetricsLine> Train(string name, params string[] more)
    {
        Start(name, resume: false, CancellationToken.None, null, more);
        return MetricsLog.Read(Path.Combine(_files.In(name), "metrics.jsonl"));
    }

    void Start(
        string name, bool resume, CancellationToken cancel, IProgress<TrainingProgress>? progress,
        params string[] more) =>
        TrainRun.Start(new(Recipe(more), _files.RecipePath, _files.In(name), resume), _ => { }, progress, cancel);

    TrainRecipe Recipe(params string[] more) => RecipeFile.Read<TrainRecipe>(
        _files.RecipePath,
        [
            $"base_model={s_model}", "data=tiny.jsonl", """positions={"scheme":"plain"}""", """objective={"name":"sft_partial"}""",
            """segment_memory={"segment":16,"carry":4}""", .. more,
        ]);
}
