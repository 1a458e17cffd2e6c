using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>The bundled model trained as LongLoRA does: shifted groups, low-rank matrices, embeddings and norms.</summary>
public sealed class ShiftedSparseRunTests : IDisposable
{
    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");

    readonly TrainingFiles _files = new();

    [Fact]
    public async Task Steps_are_taken_in_groups_and_measuring_looks_at_all()
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(s_model, 2048);
        File.WriteAllLines(
            _files.In("tiny.jsonl"),
            Enumerable.Range(0, 8).Select(i => PreferenceLine.Format(TrainingFiles.Sample(i, tokenizer))));

        IReadOnlyList<MetricsLine> grouped = Train("grouped", """attention={"name":"shifted_sparse","group":8}"""), full = Train("full");

        Assert.Equal(full[0].HeldOut, grouped[0].HeldOut);
        Assert.NotEqual(full[1].Values["loss"], grouped[1].Values["loss"]);
        (int code, string output, _) = await CommandLine.Run(
            "eval",
            "--model",
            s_model,
            "--adapter",
            _files.In("grouped/adapter"),
            "--task",
            "needle/single",
            "--length",
            "256",
            "--depths",
            "1",
            "--samples",
            "1",
            "--out",
            _files.In("eval"));
        Assert.Equal(0, code);
        Assert.Contains("needle/single", output, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    IReadOnlyList<MetricsLine> Train(string name, params string[] more)
    {
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
            _files.RecipePath,
            [$"base_model={s_model}", "data=tiny.jsonl", "steps=3", "eval_every=3", .. more]);
        TrainRun.Start(new(recipe, _files.RecipePath, _files.In(name), Resume: false), _ => { }, null, CancellationToken.None);
        return MetricsLog.Read(Path.Combine(_files.In(name), "metrics.jsonl"));
    }
}
