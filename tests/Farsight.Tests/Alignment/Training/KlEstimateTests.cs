using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Alignment.Training;

public sealed class KlEstimateTests
{
    [Fact]
    public void A_prompt_gets_the_response_of_the_next_sample_that_answers_otherwise()
    {
        SampleTokens[] samples = [Sample("a", 7), Sample("b", 7), Sample("c", 9)];

        IReadOnlyList<SampleTokens> mismatched = KlEstimate.Mismatch(samples);

        Assert.Equal([9, 9, 7], mismatched.Select(s => s.Chosen.Single()));
        Assert.Equal(["a", "b", "c"], mismatched.Select(s => s.Id));
        Assert.All(mismatched, s => Assert.Empty(s.Rejected));
        Assert.Empty(KlEstimate.Mismatch([Sample("a", 7), Sample("b", 7)]));
        Assert.Empty(KlEstimate.Mismatch([Sample("a", 7)]));
    }

    [Fact]
    public void The_estimate_starts_at_0_is_computed_in_each_step_and_is_never_negative()
    {
        using TrainingFiles files = new();
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
            files.RecipePath, ["""objective={"name":"kto","beta":0.1}""", "micro_batch_tokens=400", "batch_size=9"]);
        TrainRun.Start(new(recipe, files.RecipePath, files.In("run"), Resume: false), _ => { }, null, default);

        double[] estimates = [.. MetricsLog.Read(files.In("run/metrics.jsonl")).Skip(1).Select(l => l.Values["kl_estimate"])];
        Assert.Equal(0, estimates[0], 1e-4);
        Assert.All(estimates, e => Assert.True(e >= 0));
        Assert.Contains(estimates, e => e > 1e-3);
        Assert.Equal(12, File.ReadLines(files.In("run/reference-mismatched.jsonl")).Count());
    }

    static SampleTokens Sample(string id, int answer) => new(id, [1], [[2, 3]], [4], [answer], [[5]]);
}
