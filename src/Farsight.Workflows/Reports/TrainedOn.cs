using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Recipes;
using Farsight.Engine;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Reports;

/// <summary>Represents what a preference-training run was trained on.</summary>
/// <param name="Data">Full path of the dataset.</param>
/// <param name="BaseModel">Full path of the base model.</param>
/// <param name="Positions">Scheme of the position ids.</param>
/// <param name="Seed">Seed of the run.</param>
public sealed record TrainedOn(string Data, string BaseModel, IPositionScheme Positions, int Seed)
{
    /// <summary>Reads it from a run directory; null for a run without a plan, as those of pretraining, or if a file is damaged.</summary>
    public static TrainedOn? Read(string run)
    {
        try
        {
            return PlannedRun.Read(run) is { } plan
                ? Of(plan, RecipeFile.Read<TrainRecipe>(Path.Combine(run, "recipe.resolved.json"), []))
                : null;
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            return null; // the pages of the run and of the dataset do without it
        }
    }

    static TrainedOn Of(PlannedRun plan, TrainRecipe recipe) => new(plan.Data, plan.BaseModel, recipe.Positions, recipe.Seed);
}
