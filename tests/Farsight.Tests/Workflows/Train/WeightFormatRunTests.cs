using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;
using Xunit.Abstractions;

namespace Farsight.Tests.Workflows.Train;

/// <summary>The bundled model trained over frozen weights of every format.</summary>
public sealed class WeightFormatRunTests(ITestOutputHelper output) : IDisposable
{
    readonly TrainingFiles _files = new();

    [Fact, Trait("Category", "Slow")]
    public void Training_reaches_the_same_verdict_over_weights_of_every_format()
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(Path.Combine(Repository.Root, "models/tiny"), 2048);
        File.WriteAllLines(
            _files.In("tiny.jsonl"),
            Enumerable.Range(0, 24).Select(i => PreferenceLine.Format(TrainingFiles.Sample(i, tokenizer))));
        (IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> stored) = Train("f32");
        Assert.True(stored[PreferenceMetrics.Loss] < 0.5 * before[PreferenceMetrics.Loss]);

        foreach ((string format, double allowed) in new[] { ("bf16", 0.02), ("f16", 0.02), ("q8_0", 0.05), ("q4_0", 0.25) })
        {
            (_, IReadOnlyDictionary<string, double> after) = Train(format);

            Assert.Equal(stored[PreferenceMetrics.RewardAccuracy], after[PreferenceMetrics.RewardAccuracy]);
            foreach (string metric in new[] { PreferenceMetrics.Loss, PreferenceMetrics.RewardMargin, PreferenceMetrics.ChosenLogProb })
            {
                output.WriteLine($"{format} {metric}: {after[metric]:F4}, f32 {stored[metric]:F4}");
                Assert.InRange(Math.Abs(after[metric] - stored[metric]), 0, allowed * Math.Abs(before[metric] - stored[metric]));
            }
        }
    }

    public void Dispose() => _files.Dispose();

    (IReadOnlyDictionary<string, double> Before, IReadOnlyDictionary<string, double> After) Train(string format)
    {
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
            _files.RecipePath,
            [
                $"base_model={Path.Combine(Repository.Root, "models/tiny")}",
                "data=tiny.jsonl",
                $"weights={format}",
                """positions={"scheme":"plain"}""",
                "steps=40",
                "eval_every=40",
                "checkpoint_every=40",
                "optimizer.learning_rate=0.002",
                "optimizer.embedding_learning_rate=0.0002",
            ]);
        TrainRun.Start(new(recipe, _files.RecipePath, _files.In(format), Resume: false), _ => { }, null, CancellationToken.None);
        MetricsLine[] lines = [.. MetricsLog.Read(Path.Combine(_files.In(format), "metrics.jsonl")).Where(l => l.HeldOut is not null)];
        return (lines[0].HeldOut!, lines[^1].HeldOut!);
    }
}
