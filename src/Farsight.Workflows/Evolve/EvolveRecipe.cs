using System.Text.Json.Serialization;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Optimizers;
using Farsight.Evaluation.Core;

namespace Farsight.Workflows.Evolve;

/// <summary>
/// Represents everything that decides a self-evolution: a model makes its own data for a longer window and is trained on them, repeatedly
/// (arXiv 2502.13922, section 4.1).
/// </summary>
/// <remarks>Paths are searched in the recipe's folder first, then in the working folder.</remarks>
public sealed record EvolveRecipe : IRecipe
{
    /// <summary>Directory of the model that evolves, in Hugging Face layout.</summary>
    public required string BaseModel { get; init; }

    /// <summary>
    /// Device that computes the training: "cpu", "torch-cpu", "cuda" or "cuda:1". Optional; null for "cpu". The option of a command wins,
    /// and a run may be resumed on another device.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Device { get; init; }

    /// <summary>
    /// How the products of the training steps are computed: "f32" or "bf16" (docs/precision.md). Optional; null for "f32" on the device
    /// cpu, and on other devices for their default. The option of a command wins.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Arithmetic? Precision { get; init; }

    /// <summary>Documents for the data of every iteration.</summary>
    public required EvolveDocuments Documents { get; init; }

    /// <summary>
    /// What instructions are about. Optional; null uses the documents' own questions, and planted facts for documents without any.
    /// </summary>
    public QuestionSubject? Questions { get; init; }

    /// <summary>
    /// Sampling temperature of both responses. Optional; null for 1, as the paper's authors use. 0 is greedy.
    /// </summary>
    public double? Temperature { get; init; }

    /// <summary>Iterations in order, each with a longer window than the one before.</summary>
    public required IReadOnlyList<EvolveIteration> Iterations { get; init; }

    /// <summary>Number of samples per iteration that are held out for measuring. Default: 0, which measures nothing.</summary>
    public int HeldOut { get; init; }

    /// <summary>Position scheme of the prompts. Default: plain, for documents as long as the window.</summary>
    public IPositionScheme Positions { get; init; } = IPositionScheme.Plain;

    /// <summary>
    /// LoRA adapter of each iteration, merged before the next one; null trains every weight. Default: an adapter of rank 32 on the four
    /// attention matrices.
    /// </summary>
    public LoraOptions? Lora { get; init; } = new();

    /// <summary>Loss function.</summary>
    public required IPreferenceObjective Objective { get; init; }

    /// <summary>Optimizer.</summary>
    public required OptimizerOptions Optimizer { get; init; }

    /// <summary>Learning-rate schedule of each iteration. Default: a cosine without warm-up, down to a tenth of the peak.</summary>
    public LearningRateSchedule Schedule { get; init; } = new LearningRateSchedule.Cosine(0, 0.1);

    /// <summary>Maximum tokens per forward pass; limits the memory. A longer sample gets its own pass. Default: 8192.</summary>
    public int MicroBatchTokens { get; init; } = 8192;

    /// <summary>Steps between evaluations on the held-out samples. Default: 100.</summary>
    public int EvalEvery { get; init; } = 100;

    /// <summary>Steps between checkpoints. Default: 25.</summary>
    public int CheckpointEvery { get; init; } = 25;

    /// <summary>Measurement before the first iteration and after each one.</summary>
    public required EvolveMeasurement Measure { get; init; }

    /// <summary>Seeds every random choice. Default: 1.</summary>
    public int Seed { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<string> Problems() =>
    [
        .. TrainRecipe.PrecisionProblems(Precision),
        .. Documents.Problems("documents"),
        .. Temperature is null or (>= 0 and <= 100)
            ? []
            : new[] { FormattableString.Invariant($"temperature: {Temperature} is not usable; use 0 (greedy) to 100.") },
        .. Iterations.Count > 0 ? [] : new[] { "iterations: the list is empty; add at least one iteration." },
        .. Iterations.SelectMany((it, i) => it.Problems($"iterations[{i}]")),
        .. Iterations.Zip(Iterations.Skip(1)).Index().Where(p => p.Item.Second.Window <= p.Item.First.Window).Select(p =>
            $"iterations[{p.Index + 1}].window: {p.Item.Second.Window} is not above the {p.Item.First.Window} of the iteration before."),
        .. Measure.Problems("measure"),
        .. Iterations.Count == 0 ? [] : OfTraining(),
    ];

    /// <summary>Returns the train recipe of an iteration.</summary>
    /// <param name="iteration">Which.</param>
    /// <param name="baseModel">Where it starts.</param>
    /// <param name="data">Its dataset.</param>
    internal TrainRecipe TrainingOf(EvolveIteration iteration, string baseModel, string data) => new()
    {
        BaseModel = baseModel,
        Rope = iteration.Rope,
        Device = Device,
        Precision = Precision,
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

    /// <summary>Returns the problems of the iterations' train recipes, under this recipe's keys.</summary>
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

/// <summary>Represents the documents of a self-evolution: a path, or a number of generated documents.</summary>
/// <param name="Path">Folder or file. Optional; null for generated documents.</param>
/// <param name="Count">Number of generated documents.</param>
/// <param name="Words">Minimum words per document.</param>
public sealed record EvolveDocuments(string? Path = null, int? Count = null, int? Words = null)
{
    internal IEnumerable<string> Problems(string path) => this switch
    {
        { Path: not null, Count: null, Words: null } => [],
        { Path: null, Count: >= 1 and <= 10_000_000, Words: >= 1 and <= 10_000_000 } => [],
        { Path: not null } => [$"{path}: it has a path and numbers of generated documents; use one of the two."],
        _ => [$"{path}: use a path, or count and words of generated documents, 1 to 10000000 each."],
    };
}

/// <summary>Represents an iteration: the model makes data for a longer window and is trained on them.</summary>
/// <param name="Window">Window of the model after the iteration, in tokens.</param>
/// <param name="Rope">RoPE scaling as in a train recipe; factors refer to the window before
/// any scaling. Null keeps the model's own.</param>
/// <param name="Samples">Number of samples that the model makes.</param>
/// <param name="Turns">Questions about one document per sample.</param>
/// <param name="DocumentTokens">Maximum tokens of a long context; leave room for questions and responses in the window.</param>
/// <param name="ChunkTokens">Maximum tokens of a chunk, the short context. With question and
/// answer it must fit the previous window.</param>
/// <param name="MinChunkTokens">Minimum tokens of a chunk that a question is about.</param>
/// <param name="Steps">Number of optimizer steps.</param>
/// <param name="BatchSize">Samples per optimizer step.</param>
/// <param name="LearningRate">Peak learning rate of adapters and full matrices. Optional; null for the optimizer's.</param>
public sealed record EvolveIteration(
    int Window,
    string? Rope,
    int Samples,
    int Turns,
    int DocumentTokens,
    int ChunkTokens,
    int MinChunkTokens,
    int Steps,
    int BatchSize,
    double? LearningRate = null)
{
    internal IEnumerable<string> Problems(string path)
    {
        (string Key, bool Fits, string Problem)[] checks =
        [
            ("window", Window is >= 2 and <= 1 << 28, $"{Window} is not a window; use 2 to {1 << 28}."),
            ("samples", Samples is >= 1 and <= 10_000_000, $"{Samples} is not a number of samples; use 1 to 10000000."),
            ("turns", Turns is >= 1 and <= 1000, $"{Turns} is not a number of turns; use 1 to 1000."),
            ("document_tokens", DocumentTokens <= Window, $"{DocumentTokens} is above the window of {Window}; lower it."),
            ("chunk_tokens", ChunkTokens < DocumentTokens, $"{ChunkTokens} is not below document_tokens, {DocumentTokens}; lower it."),
            (
                "min_chunk_tokens",
                MinChunkTokens >= 1 && MinChunkTokens <= ChunkTokens,
                $"{MinChunkTokens} is not between 1 and chunk_tokens, {ChunkTokens}; change it."),
        ];
        return checks.Where(c => !c.Fits).Select(c => $"{path}.{c.Key}: {c.Problem}");
    }
}

/// <summary>
/// Represents the measurement of every model, at the base model's window and at that of each iteration.
/// </summary>
/// <param name="Tasks">Names of tasks or benchmarks.</param>
/// <param name="Depths">Number of needle depths, evenly spaced from 0 to 1.</param>
/// <param name="Samples">Examples per length and depth.</param>
/// <param name="Documents">Folder or file with the documents of the haystack. Optional; null for generated documents.</param>
public sealed record EvolveMeasurement(IReadOnlyList<string> Tasks, int Depths, int Samples, string? Documents = null)
{
    internal IEnumerable<string> Problems(string path) =>
    [
        .. Tasks.Count > 0 ? [] : new[] { $"{path}.tasks: the list is empty; use at least one." },
        .. Tasks.SelectMany((t, i) => Unknown(t) is { } problem ? new[] { $"{path}.tasks[{i}]: {problem}" } : []),
        .. Depths is >= 1 and <= 1000 ? [] : new[] { $"{path}.depths: {Depths} is not a number of depths; use 1 to 1000." },
        .. Samples is >= 1 and <= 1_000_000 ? [] : new[] { $"{path}.samples: {Samples} is not a number of examples; use 1 to 1000000." },
    ];

    static string? Unknown(string task)
    {
        try
        {
            EvalTaskCatalog.Find(task);
            return null;
        }
        catch (InputException e)
        {
            return e.Message;
        }
    }
}

/// <summary>Checks the windows of the iterations before anything is computed.</summary>
static class EvolveWindows
{
    /// <summary>Refuses an iteration that does not extend the window, or whose RoPE does not reach it.</summary>
    /// <exception cref="InputException">An iteration does not fit; the message names the key of the first.</exception>
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
                    $"iterations[{i}].rope: {iteration.Rope ?? "the model's own"} reaches {reached} tokens, and the window is "
                        + $"{iteration.Window}; use a larger factor or base."
                );
            }
            before = iteration.Window;
        }
    }
}
