using Farsight.Alignment.Recipes;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Pretrain;

/// <summary>Plans the memory and time of continued pre-training, before it starts.</summary>
public static class ContinuedPretrainPlan
{
    const string Advice = "Lower micro_batch_tokens or the length of the domains, train an adapter (lora), or allow more memory.";

    // Steps whose operations are counted; their mean stands for all.
    const int CountedSteps = 8;

    /// <summary>Plans the run of a recipe, including the time per step.</summary>
    /// <param name="request">Recipe and model; the run directory is not used.</param>
    /// <param name="peak">Peak operations per second of the threads in use.</param>
    /// <param name="notice">Receives sentences about files that are skipped; without it, such a file is an error.</param>
    /// <exception cref="InputException">Model, documents and recipe do not fit together.</exception>
    public static TrainPlan Of(ContinuedPretrainRequest request, double peak, Action<string>? notice)
    {
        ContinuedPretrainRecipe recipe = request.Recipe;
        ModelConfig config = ModelFiles.ReadConfig(request.Model);
        MixtureInputs inputs = MixtureInputs.Read(request, config, notice);
        return Of(request, config).Timed(inputs.Work, recipe.Lora, null, Math.Min(CountedSteps, recipe.Steps), peak);
    }

    /// <summary>Plans the memory of a run.</summary>
    /// <param name="request">Recipe and model.</param>
    /// <param name="config">The model.</param>
    internal static TrainPlan Of(ContinuedPretrainRequest request, ModelConfig config)
    {
        ContinuedPretrainRecipe recipe = request.Recipe;
        ModelConfig scaled = RopeOption.Parse(recipe.Rope, config) is { } rope ? config.With(rope) : config;
        int longest = MixtureInputs.WindowOf(recipe);
        int rows = (int)Math.Max(longest, Math.Min(recipe.MicroBatchTokens, (long)recipe.TokensPerStep + longest));
        TreeSize largest = new(rows, rows, rows);
        long weights = recipe.Lora is null ? 0
            : recipe.Weights is { } format ? TrainPlan.ConvertedBytes(config, format.ToNumberFormat())
            : TrainPlan.StoredBytes(request.Model, config);
        return new(
            scaled, largest, config.VocabSize, TrainPlan.BudgetOf(request.MemoryBytes),
            TrainPlan.LevelsOf(TrainPlan.ShapeOf(scaled, weights, recipe.Lora, config.VocabSize, recipe.Optimizer), largest, cacheBytes: 0))
        {
            Steps = recipe.Steps,
        };
    }

    /// <summary>Returns the level to train at.</summary>
    /// <exception cref="InputException">Nothing fits.</exception>
    internal static Recomputation Require(TrainPlan plan) => plan.Require(Advice);
}
