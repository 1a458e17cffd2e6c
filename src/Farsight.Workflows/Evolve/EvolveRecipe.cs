using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Training;
using Farsight.Engine.Lora;
using Farsight.Engine.Optimizers;

namespace Farsight.Workflows.Evolve;

/// <summary>
/// Everything that decides a self-evolution: a model that makes its own data for a longer window, learns from them, and does so again
/// (arXiv 2502.13922, section 4.1).
/// </summary>
/// <remarks>Paths are looked for in the recipe's folder first, then in the working folder.</remarks>
public sealed record EvolveRecipe : IRecipe
{
    /// <summary>A Hugging Face model directory: the model that evolves.</summary>
    public required string BaseModel { get; init; }

    /// <summary>What the data of every iteration are made of.</summary>
    public required EvolveDocuments Documents { get; init; }

    /// <summary>
    /// Where instructions come from; null for the documents' own questions, and for documents without any invented facts.
    /// </summary>
    public QuestionSource? Questions { get; init; }

    /// <summary>One after the other, each with a longer window than the one before.</summary>
    public required IReadOnlyList<EvolveIteration> Iterations { get; init; }

    /// <summary>Samples of each iteration that are only measured.</summary>
    public required int HeldOut { get; init; }

    /// <summary>How prompts get their positions; plain where the documents are as long as the window.</summary>
    public required IPositionScheme Positions { get; init; }

    /// <summary>The adapter of each iteration, which is merged before the next; null trains every weight.</summary>
    public required LoraOptions? Lora { get; init; }

    /// <summary>The loss.</summary>
    public required IPreferenceObjective Objective { get; init; }

    /// <summary>How gradients become updates.</summary>
    public required OptimizerOptions Optimizer { get; init; }

    /// <summary>How the learning rates move in each iteration.</summary>
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>Most tokens in one forward pass; bounds the memory.</summary>
    public required int MicroBatchTokens { get; init; }

    /// <summary>Steps between evaluations on the held-out samples.</summary>
    public required int EvalEvery { get; init; }

    /// <summary>Steps between checkpoints.</summary>
    public required int CheckpointEvery { get; init; }

    /// <summary>What is measured before the first iteration and after each.</summary>
    public required EvolveMeasurement Measure { get; init; }

    /// <summary>Seeds every random choice.</summary>
    public required int Seed { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Problems() =>
    [
        .. Documents.Problems("documents"),
        .. Iterations.Count > 0 ? [] : new[] { "iterations: the list is empty; describe one at least." },
        .. Iterations.SelectMany((it, i) => it.Problems($"iterations[{i}]")),
        .. Iterations.Zip(Iterations.Skip(1)).Index().Where(p => p.Item.Second.Window <= p.Item.First.Window).Select(p =>
            $"iterations[{p.Index + 1}].window: {p.Item.Second.Window} is not above the {p.Item.First.Window} of the iteration before."),
        .. Measure.Problems("measure"),
        .. Iterations.Count == 0 ? [] : OfTraining(),
    ];

    /// <summary>The training of an iteration as a recipe of its own.</summary>
    /// <param name="iteration">Which.</param>
    /// <param name="baseModel">Where it starts.</param>
    /// <param name="data">Its dataset.</param>
    internal TrainRecipe TrainingOf(EvolveIteration iteration, string baseModel, string data) => new()
    {
        BaseModel = baseModel,
        Rope = iteration.Rope,
        Data = data,
        HeldOut = HeldOut,
        Positions = Positions,
        Lora = Lora,
        Objective = Objective,
        Optimizer = Optimizer with { LearningRate = iteration.LearningRate ?? Optimizer.LearningRate },
        Schedule = Schedule,
        Steps = iteration.Steps,
        BatchSize = iteration.BatchSize,
        MicroBatchTokens = MicroBatchTokens,
        EvalEvery = EvalEvery,
        CheckpointEvery = CheckpointEvery,
        Seed = Seed,
    };

    /// <summary>What every train recipe made of this one has wrong, under the names that the keys have here.</summary>
    IEnumerable<string> OfTraining()
    {
        string[] ofIterations = ["rope", "steps", "batch_size", "data"];
        return Iterations
            .SelectMany(
                (it, i) =>
                    TrainingOf(it, BaseModel, "data")
                        .Problems()
                        .Select(p => ofIterations.Contains(p.Split(':')[0]) ? $"iterations[{i}].{p}" : p))
            .Distinct();
    }
}
