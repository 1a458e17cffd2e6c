using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBench;

public sealed class LongBenchRunTests
{
    [SharedFact("evaldata/longbench/minilongbench_as_longbench.jsonl.gz")]
    [Trait("Category", "Slow")]
    public void The_small_model_answers_every_english_set_from_file_to_mean()
    {
        using LoadedModel model = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));
        EvalRequest request = new(["longbench"], [1024], 1, null, 7, null)
        {
            Data = SharedMaterial.PathOf("evaldata"),
            Limit = 1,
            MaxPrompt = 200,
            Window = 1024,
        };

        EvalResults results = request.Run(model, null, null, CancellationToken.None);

        Assert.Equal(16, results.Tasks.Count);
        Assert.Empty(results.Skipped);
        Assert.All(results.Examples, e => Assert.Null(e.Failed));
        Assert.All(results.Examples, e => Assert.Equal("middle, halves decoded apart", e.Cut));
        Assert.All(results.Examples, e => Assert.InRange(e.PromptTokens!.Value, 190, 230));
        Assert.Equal(
            ["lcc", "repobench-p", "samsum", "trec", "triviaqa"],
            results.Examples.Where(e => e.Template == "raw").Select(e => e.Task));
        Assert.DoesNotContain('\n', results.Examples.Single(e => e.Task == "samsum").Completion.TrimStart('\n'));
        Assert.Equal((16, "longbench, kinds alike"), (results.Means[^1].Tasks.Count, results.Means[^1].Name));
        Assert.InRange(results.Means[^1].Mean, 0.0001, 0.5);
    }
}
