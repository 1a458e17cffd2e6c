using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine.Models;

namespace Farsight.Workflows.Train;

/// <summary>Stands for a model and a dataset that are missing: a shape, and the lengths that every sample has.</summary>
/// <param name="Config">The model.</param>
/// <param name="Prompt">P: tokens of context and question, at least 1.</param>
/// <param name="Responses">[M + 1] tokens of each response, the chosen one first.</param>
public sealed record PlannedShape(ModelConfig Config, int Prompt, IReadOnlyList<int> Responses)
{
    const string Id = "planned";
    const int ChunkTokens = 512, MostQuestionTokens = 64, MostSamples = 1_000_000;

    /// <summary>Returns the lengths of a dataset of which each sample is met once.</summary>
    internal SampleLengths[] Lengths(TrainRecipe recipe) =>
    [
        .. Enumerable.Repeat(
            new SampleLengths(Prompt, Prompt, Responses[0], [.. Responses.Skip(1)]),
            (int)Math.Min(MostSamples, (long)recipe.Steps * recipe.BatchSize)),
    ];

    /// <summary>Creates training work with one sample.</summary>
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
            new([sample], [], reference)
            {
                ShortTurns = new Dictionary<string, IReadOnlyList<SampleTokens>> { [Id] = [sample] }, // the longest short context
            },
            recipe.Objective,
            recipe.Positions,
            new(recipe.BatchSize, recipe.MicroBatchTokens, recipe.Seed));
    }
}
