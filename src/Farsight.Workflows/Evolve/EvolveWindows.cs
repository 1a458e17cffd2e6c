using Farsight.Alignment.Recipes;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Workflows.Evolve;

/// <summary>What becomes of a model's window from iteration to iteration, before anything is computed.</summary>
static class EvolveWindows
{
    /// <summary>Stops when an iteration does not go beyond the base model's window, or when its RoPE does not reach its own.</summary>
    /// <exception cref="InputException">Of the first iteration that does not; the message names the key.</exception>
    internal static void Check(EvolveRecipe recipe, ModelConfig config)
    {
        int before = config.MaxPositionEmbeddings;
        foreach ((int i, EvolveIteration iteration) in recipe.Iterations.Index())
        {
            config = RopeOption.Parse(iteration.Rope, config) is { } rope ? config.With(rope) : config;
            int reached = Math.Max(config.MaxPositionEmbeddings, recipe.Positions.Window ?? 0);
            if (iteration.Window <= before)
            {
                throw new InputException($"iterations[{i}].window is {iteration.Window}, and the model has {before} already; use more.");
            }
            if (reached < iteration.Window)
            {
                throw new InputException(
                    $"iterations[{i}].rope: {iteration.Rope ?? "the model's own"} reaches {reached} tokens, and the window is {iteration.Window}; use a larger factor or base."
                );
            }
            before = iteration.Window;
        }
    }
}
