using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine.Checkpoints;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>Runs of the bundled model, whose matrices are large enough, with moments in 8 bits.</summary>
public sealed class EightBitRunTests : IDisposable
{
    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");

    readonly TrainingFiles _files = new();

    public EightBitRunTests()
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(s_model, 2048);
        File.WriteAllLines(
            _files.In("data.jsonl"), Enumerable.Range(0, 6).Select(i => PreferenceLine.Format(TrainingFiles.Sample(i, tokenizer))));
    }

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Stopped_and_resumed_writes_the_bytes_of_never_stopped()
    {
        Start("whole");
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(() => Start("stopped", new StopAt(source), source.Token));

        Start("stopped");

        Assert.All(
            (string[])["metrics.jsonl", "adapter/adapter_model.safetensors"],
            f => Assert.Equal(File.ReadAllBytes(_files.In($"whole/{f}")), File.ReadAllBytes(_files.In($"stopped/{f}"))));
        string state = Directory.GetFiles(_files.In("whole/checkpoints"), "optimizer.safetensors", SearchOption.AllDirectories)[0];
        using SafetensorsFile file = SafetensorsFile.Open(state);
        Assert.Contains(file.Tensors.Keys, k => k.EndsWith("lora_A.weight.exp_avg.codes", StringComparison.Ordinal));
        Assert.Contains(file.Tensors.Keys, k => k.EndsWith("embed_tokens.weight.exp_avg", StringComparison.Ordinal));
    }

    [Fact]
    public void The_plan_counts_a_quarter_of_the_moments_of_large_matrices()
    {
        long Moments(string setting)
        {
            TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
                _files.RecipePath, [$"base_model={s_model}", "lora=null", $"optimizer.eight_bit={setting}"]);
            return TrainPlan.Of(recipe, _files.RecipePath, null, peak: 1e9).Levels[0].Memory.Optimizer;
        }

        Assert.InRange((double)Moments("true") / Moments("false"), 0.25, 0.6); // embeddings keep F32
    }

    void Start(string name, IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default)
    {
        string[] set =
        [
            $"base_model={s_model}", "steps=5", "optimizer.eight_bit=true", """positions={"scheme":"plain"}""",
            """lora={"rank":64,"alpha":8,"targets":["q_proj","v_proj"],"train_embeddings":true}""",
        ];
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, set);
        TrainRun.Start(
            new(recipe, _files.RecipePath, _files.In(name), Resume: Directory.Exists(_files.In(name))), _ => { }, progress, cancel);
    }

    sealed class StopAt(CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Line.Step == 2)
            {
                source.Cancel();
            }
        }
    }
}
