using System.Reflection;
using System.Text.Json.Serialization;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Alignment.Objectives;

/// <summary>Every objective through a whole run: a random model of two layers, nine samples a step, the same in each.</summary>
public sealed class ObjectiveTrainingTests : IDisposable
{
    readonly TrainingFiles _files = new();

    /// <summary>The recipe's entry, and whether it compares responses.</summary>
    public static TheoryData<string, bool> Cases => new()
    {
        { """{ "name": "dpo", "beta": 0.1 }""", true },
        { """{ "name": "dpo", "beta": 0.1, "label_smoothing": 0.1 }""", true },
        { """{ "name": "dpo", "beta": 0.1, "nll_weight": 0.5 }""", true },
        { """{ "name": "distill", "top_k": 8, "context": "short", "nll_weight": 0.5 }""", false },
        { """{ "name": "ipo", "beta": 0.5 }""", true },
        { """{ "name": "kto", "beta": 0.1 }""", true },
        { """{ "name": "lm" }""", false },
        { """{ "name": "logo", "beta": 2, "gamma": 0.5, "sft_weight": 0.1 }""", true },
        { """{ "name": "logo", "beta": 2, "gamma": 0.5, "sft_weight": 0.1, "rejected_responses": 2, "rejected_weights": [2, 1] }""", true },
        { """{ "name": "longpo", "beta": 0.1, "preference_weight": 0.5 }""", true },
        {
            """
            { "name": "mixture", "parts": [
              { "weight": 1, "objective": { "name": "dpo", "beta": 0.1 } }, { "weight": 0.2, "objective": { "name": "sft_full" } } ] }
            """,
            true
        },
        { """{ "name": "orpo", "odds_ratio_weight": 0.1 }""", true },
        { """{ "name": "sft_constrained", "constraint_weight": 0.1 }""", false },
        { """{ "name": "sft_full" }""", false },
        { """{ "name": "sft_full", "response_weight": 4 }""", false },
        { """{ "name": "sft_partial" }""", false },
        { """{ "name": "sft_partial", "response": "rejected" }""", false },
        { """{ "name": "simpo", "beta": 2, "gamma": 0.5 }""", true },
        { """{ "name": "solopo", "preference": { "name": "simpo", "beta": 2, "gamma": 0.5 }, "alignment_weight": 1 }""", true },
        { """{ "name": "solopo", "preference": { "name": "dpo", "beta": 0.1 }, "alignment_weight": 1 }""", true },
    };

    [Theory, MemberData(nameof(Cases))]
    public void A_few_steps_lower_the_loss_and_margins_are_kept_where_responses_are_compared(string objective, bool compares)
    {
        IReadOnlyList<MetricsLine> lines = Train(objective);

        double first = lines[1].Values[PreferenceMetrics.Loss], last = lines[^1].Values[PreferenceMetrics.Loss];
        Assert.True(last < 0.97 * first, $"{objective}: {first} → {last}");
        Assert.Equal(compares, lines[1].Values.ContainsKey(PreferenceMetrics.RewardMargin));
        foreach (MetricsLine line in lines)
        {
            Assert.Equal(compares && line.HeldOut is not null, line.HeldOutMargins is not null);
            if (line.HeldOutMargins is { } margins)
            {
                Assert.Equal(3, margins.Count);
                Assert.Equal(line.HeldOut![PreferenceMetrics.RewardMargin], margins.Values.Average(), 1e-12);
                Assert.Equal(margins.Values.Order(), ((string[])["q25", "q50", "q75"]).Select(q => line.HeldOut[$"reward_margin_{q}"]));
                // solopo compares after the short context only, where the long one has no share.
                Assert.Equal(
                    objective.Contains("\"solopo\"", StringComparison.Ordinal) ? null : margins.Keys, line.HeldOutPreferenceShares?.Keys);
                Assert.Equal(
                    line.HeldOut[PreferenceMetrics.RewardMargin],
                    line.HeldOut[PreferenceMetrics.ChosenReward] - line.HeldOut[PreferenceMetrics.RejectedReward],
                    1e-9);
            }
        }
    }

    [Fact]
    public void Comparing_objectives_move_the_margin_up()
    {
        foreach (string objective in Cases.Where(c => (bool)((object[])c)[1]).Select(c => (string)((object[])c)[0]))
        {
            IReadOnlyList<MetricsLine> lines = Train(objective);

            double first = lines[1].Values[PreferenceMetrics.RewardMargin], last = lines[^1].Values[PreferenceMetrics.RewardMargin];
            Assert.True(last > first, $"{objective}: {first} → {last}");
        }
    }

    [Fact]
    public void Cases_cover_every_name()
    {
        IEnumerable<string> all = typeof(IPreferenceObjective)
            .GetCustomAttributes<JsonDerivedTypeAttribute>()
            .Select(a => (string)a.TypeDiscriminator!);

        string[] sampled = ["grpo", "opsdl"]; // OnPolicyRunTests: their losses say nothing about progress

        Assert.All(
            all.Except(sampled),
            name => Assert.Contains(Cases, c => ((string)((object[])c)[0]).Contains($"\"{name}\"", StringComparison.Ordinal)));
    }

    public void Dispose() => _files.Dispose();

    IReadOnlyList<MetricsLine> Train(string objective)
    {
        string run = Directory.CreateTempSubdirectory("farsight-objective-").FullName;
        try
        {
            TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
                _files.RecipePath,
                [$"objective={objective}", """positions={"scheme":"plain"}""", "batch_size=9", "micro_batch_tokens=400", "steps=10"]);
            TrainRun.Start(new(recipe, _files.RecipePath, run, Resume: false), _ => { }, null, default);
            return MetricsLog.Read(Path.Combine(run, "metrics.jsonl"));
        }
        finally
        {
            Directory.Delete(run, recursive: true);
        }
    }
}
