using System.Text.Json;
using Farsight.Alignment.Recipes;
using Farsight.Engine.Files;

namespace Farsight.Workflows.Train;

/// <summary>Represents plan.json of a run: the inputs as they were found, and the memory as it was planned.</summary>
/// <param name="BaseModel">Full path of the base model.</param>
/// <param name="Data">Full path of the dataset.</param>
/// <param name="TrainingSamples">Samples to train on.</param>
/// <param name="HeldOutSamples">Samples that are only measured.</param>
/// <param name="LongestSample">Tokens of the longest sample.</param>
/// <param name="Memory">Planned bytes.</param>
/// <param name="Budget">Bytes that the process could use.</param>
/// <param name="Recomputed">The values that the backward pass recomputes, in the words of <see cref="TrainPlan.Describe"/>.</param>
sealed record PlannedRun(
    string BaseModel, string Data, int TrainingSamples, int HeldOutSamples, int LongestSample, long Memory, long Budget, string Recomputed)
{
    internal static PlannedRun Of(TrainInputs inputs, TrainPlan plan)
    {
        LevelPlan chosen = plan.Chosen ?? plan.Levels[^1];
        return new(
            Path.GetFullPath(inputs.BaseModel),
            Path.GetFullPath(inputs.DataPath),
            inputs.Training.Count,
            inputs.HeldOut.Count,
            plan.LongestSample,
            chosen.Memory.Total,
            plan.Budget,
            TrainPlan.Describe(chosen.Level));
    }

    internal void Write(string run) => AtomicFile.WriteText(PathOf(run), JsonSerializer.Serialize(this, RecipeFile.Json) + "\n");

    /// <summary>Reads the file; null for a run of an earlier version, or if it is damaged.</summary>
    internal static PlannedRun? Read(string run)
    {
        try
        {
            return File.Exists(PathOf(run))
                ? JsonSerializer.Deserialize<PlannedRun>(RegularFile.ReadAllText(PathOf(run)), RecipeFile.Json)
                : null;
        }
        catch (JsonException)
        {
            return null; // a report can do without it
        }
    }

    static string PathOf(string run) => Path.Combine(run, "plan.json");
}
