using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Workflows.Train;

/// <summary>Represents a change of a run that needs less memory.</summary>
/// <param name="Settings">Recipe keys with their new values: "weights=q4_0".</param>
/// <param name="LongestSample">Length to which the samples have to be shortened, prompt and responses together; null to keep them.</param>
/// <param name="Total">Bytes that the run then needs at the level of recomputation with the least memory.</param>
/// <param name="Fits">Whether that fits into the memory.</param>
public sealed record PlanAlternative(IReadOnlyList<string> Settings, int? LongestSample, long Total, bool Fits)
{
    const int Granularity = 64;

    /// <summary>Returns the alternatives of a plan that does not fit: single changes, all of them, and shorter samples.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="planOf">Plans a changed recipe for the same model and data.</param>
    internal static IReadOnlyList<PlanAlternative> Of(TrainRecipe recipe, TrainPlan plan, Func<TrainRecipe, TrainPlan> planOf)
    {
        List<PlanAlternative> found = [];
        List<string> useful = [];
        TrainRecipe all = recipe;
        foreach ((string setting, Func<TrainRecipe, TrainRecipe> change) in Changes(recipe, plan.Model))
        {
            TrainPlan changed = planOf(change(recipe));
            if (Least(changed) < Least(plan))
            {
                found.Add(new([setting], null, Least(changed), changed.Chosen is not null));
                useful.Add(setting);
                all = change(all);
            }
        }
        TrainPlan leanest = useful.Count > 1 ? planOf(all) : plan;
        if (useful.Count > 1)
        {
            found.Add(new(useful, null, Least(leanest), leanest.Chosen is not null));
        }
        found.AddRange(Shorter(recipe, plan, []));
        if (useful.Count > 1 && leanest.Chosen is null)
        {
            found.AddRange(Shorter(all, leanest, useful));
        }
        return found;
    }

    /// <summary>Returns the settings that may need less memory, each with the change that it makes.</summary>
    static IEnumerable<(string Setting, Func<TrainRecipe, TrainRecipe> Change)> Changes(TrainRecipe recipe, ModelConfig model)
    {
        if (recipe is { Lora: not null, Weights: not WeightFormat.Q4_0 } && TrainPlan.PartialRows(model, NumberFormat.Q4_0) is null)
        {
            yield return ("weights=q4_0", r => r with { Weights = WeightFormat.Q4_0 });
        }
        if (recipe.Lora is { TrainEmbeddings: true } lora)
        {
            yield return ("lora.train_embeddings=false", r => r with { Lora = lora with { TrainEmbeddings = false } });
        }
        if (recipe.Objective is Logo { RejectedResponses: not 1 } logo)
        {
            Logo one = logo with { RejectedResponses = 1, RejectedWeights = null };
            yield return ("objective.rejected_responses=1", r => r with { Objective = one });
        }
        // Each sample gets its own pass; the result is the same but for rounding.
        yield return ("micro_batch_tokens=1", r => r with { MicroBatchTokens = 1 });
    }

    static LevelPlan Leanest(TrainPlan plan) => plan.Levels.MinBy(l => l.Memory.Total)!;

    static long Least(TrainPlan plan) => Leanest(plan).Memory.Total;

    /// <summary>Returns the longest samples that fit, if any do. All parts of the largest tree shrink alike.</summary>
    static IEnumerable<PlanAlternative> Shorter(TrainRecipe recipe, TrainPlan plan, IReadOnlyList<string> settings)
    {
        LevelPlan level = Leanest(plan);
        TrainingShape shape =
            new(plan.Model, level.Memory.Weights, recipe.Lora, plan.EmbeddingRows, recipe.Optimizer.Muon is not null);
        int fits = 0, tooLong = plan.Largest.Rows / Granularity + 1;
        while (tooLong - fits > 1)
        {
            int middle = (fits + tooLong) / 2;
            (fits, tooLong) = Total(middle) <= plan.Budget ? (middle, tooLong) : (fits, middle);
        }
        return fits == 0 ? [] : [new(settings, fits * Granularity, Total(fits), true)];

        long Total(int blocks)
        {
            double share = (double)blocks * Granularity / plan.Largest.Rows;
            TreeSize size = new(
                blocks * Granularity,
                (int)Math.Ceiling(share * plan.Largest.LastRows),
                (int)Math.Ceiling(share * plan.Largest.Scored));
            return MemoryPlan.Of(shape, size.Divided(plan.Ranks.Context), level.Level).Total;
        }
    }
}
