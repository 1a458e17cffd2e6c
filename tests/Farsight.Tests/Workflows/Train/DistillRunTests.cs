using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>Runs that learn a teacher's distributions.</summary>
public sealed class DistillRunTests : IDisposable
{
    readonly TrainingFiles _files = new();

    public DistillRunTests()
    {
        Directory.CreateDirectory(_files.In("teacher"));
        foreach (string file in Directory.GetFiles(_files.In("model")))
        {
            File.Copy(file, _files.In($"teacher/{Path.GetFileName(file)}"));
        }
        ModelConfig config = ModelFiles.ReadConfig(_files.In("model"));
        using DecoderModel teacher = new(config, new RandomWeights(2));
        teacher.TrainEverything();
        ModelWriter.Write(_files.In("teacher"), config, teacher.Parameters, NumberFormat.F32);
    }

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("long")]
    [InlineData("short")]
    public void A_teacher_that_is_asked_before_every_step_trains_as_one_that_was_asked_before(string context)
    {
        Start("cached", Objective(live: false, context: context));
        foreach (string file in Directory.GetFiles(_files.Root, "data.jsonl.teacher-*"))
        {
            File.Delete(file);
        }

        Start("live", Objective(live: true, context: context));

        Assert.Empty(Directory.GetFiles(_files.Root, "data.jsonl.teacher-*"));
        Assert.All(
            MetricsLog.Read(_files.In("cached/metrics.jsonl")).Zip(MetricsLog.Read(_files.In("live/metrics.jsonl"))),
            lines => Assert.All(lines.First.Values, v => Assert.Equal(v.Value, lines.Second.Values[v.Key], 1e-4)));
    }

    [Fact]
    public void Stopped_and_resumed_writes_the_bytes_of_never_stopped()
    {
        string objective = Objective(live: true);
        Start("whole", objective);
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(() => Start("stopped", objective, new StopAt(source, 5), source.Token));

        Start("stopped", objective);

        Same("whole", "stopped");
    }

    [Fact]
    public void All_tokens_of_the_vocabulary_give_the_divergence_of_the_whole_distributions()
    {
        Start("run", Objective(live: true, top: 275));

        PreferenceDataset dataset = PreferenceDataset.Read(_files.In("data.jsonl"));
        ChatFormat format = ChatFormat.Load(_files.In("model"), Tokenizer.LoadFor(_files.In("model"), 275));
        using DecoderModel student = ModelLoader.Load(_files.In("model")), teacher = ModelLoader.Load(_files.In("teacher"));
        double expected = dataset.Split(heldOut: 3, seed: 7).HeldOut
            .Select(s => SampleTokens.Of(s, format, 275))
            .Average(s => s.Chosen.Select((_, t) =>
            {
                int[] before = [.. s.Prompt, .. s.Chosen[..t]];
                double[] p = Distribution(teacher, before), q = Distribution(student, before);
                return p.Zip(q, (a, b) => a * (Math.Log(a) - Math.Log(b))).Sum();
            }).Average());
        Assert.Equal(expected, MetricsLog.Read(_files.In("run/metrics.jsonl"))[0].HeldOut![PreferenceMetrics.Loss], 1e-4);
    }

    [Fact]
    public void The_memory_of_a_teacher_that_stays_loaded_is_planned()
    {
        long cached = Weights(Objective(live: false)), live = Weights(Objective(live: true));

        Assert.Equal((double)new FileInfo(_files.In("teacher/model.safetensors")).Length, live - cached, 8192.0); // but for the header

        long Weights(string objective) => TrainPlan
            .Of(RecipeFile.Read<TrainRecipe>(_files.RecipePath, [objective]), _files.RecipePath, null, 1e9).Levels[0].Memory.Weights;
    }

    static string Objective(bool live, int top = 8, string context = "long") =>
        $$"""
        objective={"name":"distill","top_k":{{top}},"teacher":"teacher","context":"{{context}}","live":{{(live ? "true" : "false")}}}
        """;

    /// <summary>Computes the probability of every token behind others: each is a leaf of a tree of its own.</summary>
    static double[] Distribution(DecoderModel model, int[] before)
    {
        TokenTreeBuilder builder = new();
        int root = builder.Add(
            TokenTreeBuilder.Root, before, [.. Enumerable.Range(0, before.Length)], [.. before.Select(_ => false)]);
        for (int token = 0; token < model.Config.VocabSize; token++)
        {
            builder.Add(root, [token], [before.Length], scored: true);
        }
        using ITreePass pass = new TrainableModel(model).Evaluate(builder.Build());
        return [.. pass.LogProbs.ToArray().Select(l => Math.Exp(l))];
    }

    void Same(string first, string second) => Assert.All(
        (string[])["metrics.jsonl", "adapter/adapter_model.safetensors"],
        f => Assert.Equal(File.ReadAllBytes(_files.In($"{first}/{f}")), File.ReadAllBytes(_files.In($"{second}/{f}"))));

    void Start(string name, string objective, IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default)
    {
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
            _files.RecipePath, [objective, "steps=8", """positions={"scheme":"plain"}""", "micro_batch_tokens=400"]);
        TrainRun.Start(
            new(recipe, _files.RecipePath, _files.In(name), Resume: Directory.Exists(_files.In(name))), _ => { }, progress, cancel);
    }

    sealed class StopAt(CancellationTokenSource source, int step) : IProgress<TrainingProgress>
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
