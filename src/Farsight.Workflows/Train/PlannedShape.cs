using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine.Models;

namespace Farsight.Workflows.Train;

/// <summary>Stands for a model and a dataset that are not at hand: a shape, and the lengths that every sample has.</summary>
/// <param name="Config">The model.</param>
/// <param name="Prompt">P: tokens of context and question, at least 1.</param>
/// <param name="Responses">[M + 1] tokens of each response, the chosen one first.</param>
public sealed record PlannedShape(ModelConfig Config, int Prompt, IReadOnlyList<int> Responses)
{
    const string Id = "planned";
    const int ChunkTokens = 512, MostQuestionTokens = 64;

    /// <summary>One sample, as the recipe's work.</summary>
    internal PreferenceTraining Work(TrainRecipe recipe)
    {
        int question = Math.Min(MostQuestionTokens, Prompt / 2);
        SampleTokens sample = new(
            Id,
            [],
            [.. new int[Prompt - question].Chunk(ChunkTokens)],
            new int[question],
            new int[Responses[0]],
            [.. Responses.Skip(1).Select(r => new int[r])]);
        Dictionary<string, PreferenceLogProbs> reference = new() { [Id] = new(default, []) }; // no size depends on it
        return new(
            new([sample], [], reference),
            recipe.Objective,
            recipe.Positions,
            new(recipe.BatchSize, recipe.MicroBatchTokens, recipe.Seed));
    }
}
