using System.Text.Json.Serialization;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Engine.Lora;
using Farsight.Engine.Numerics;
using Farsight.Engine.Optimizers;

namespace Farsight.Alignment.Recipes;

/// <summary>
/// Represents everything that decides the outcome of continued pre-training, besides the model that it starts from: a mixture of
/// documents, RoPE, and an optimizer.
/// </summary>
public sealed record ContinuedPretrainRecipe : IRecipe
{
    /// <summary>RoPE scaling, for example "theta:8000000" for another base. Optional; null keeps the model's own.</summary>
    public string? Rope { get; init; }

    /// <summary>Domains of the mixture.</summary>
    public required IReadOnlyList<MixtureDomain> Domains { get; init; }

    /// <summary>LoRA adapter. Default: null, which trains every weight.</summary>
    public LoraOptions? Lora { get; init; }

    /// <summary>
    /// Format that the frozen matrices are converted to in memory. Optional; null keeps the stored format.
    /// </summary>
    public WeightFormat? Weights { get; init; }

    /// <summary>
    /// How the products of the steps are computed: "f32" or "bf16" (docs/precision.md). Optional; null for "f32".
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Arithmetic? Precision { get; init; }

    /// <summary>Optimizer.</summary>
    public required OptimizerOptions Optimizer { get; init; }

    /// <summary>Learning-rate schedule. Default: a cosine without warm-up, down to a tenth of the peak.</summary>
    public LearningRateSchedule Schedule { get; init; } = new LearningRateSchedule.Cosine(0, 0.1);

    /// <summary>Number of optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Minimum tokens per step; sequences are added until it is reached.</summary>
    public required int TokensPerStep { get; init; }

    /// <summary>Maximum tokens per forward pass; limits the memory. A longer sequence gets its own pass. Default: 8192.</summary>
    public int MicroBatchTokens { get; init; } = 8192;

    /// <summary>Documents per domain that are held out for measuring. Default: 0, which measures nothing.</summary>
    public int HeldOut { get; init; }

    /// <summary>Steps between evaluations on held-out documents. Default: 100.</summary>
    public int EvalEvery { get; init; } = 100;

    /// <summary>Steps between checkpoints. Default: 100.</summary>
    public int CheckpointEvery { get; init; } = 100;

    /// <summary>Seeds every random choice. Default: 1.</summary>
    public int Seed { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<string> Problems() =>
    [
        .. TrainRecipe.PrecisionProblems(Precision),
        .. RopeOption.IsKnown(Rope) ? [] : new[] { $"rope: '{Rope}' is unknown; use null, {RopeOption.Spellings}." },
        .. Domains.Count > 0 ? [] : new[] { "domains: the mixture is empty; name at least one domain." },
        .. Domains.SelectMany((d, i) => d.Problems($"domains[{i}]")),
        .. Optimizer.Problems("optimizer"),
        .. ScheduleProblems.Of("schedule", Schedule, Steps),
        .. Steps <= ScheduleProblems.MaxSteps ? [] : new[] { $"steps: {Steps} is too large; use at most {ScheduleProblems.MaxSteps}." },
        .. AtLeast("steps", Steps, 1), .. AtLeast("tokens_per_step", TokensPerStep, 1),
        .. AtLeast("micro_batch_tokens", MicroBatchTokens, 1), .. AtLeast("held_out", HeldOut, 0), .. AtLeast("eval_every", EvalEvery, 1),
        .. AtLeast("checkpoint_every", CheckpointEvery, 1),
    ];

    static IEnumerable<string> AtLeast(string key, int value, int minimum) =>
        value >= minimum ? [] : [$"{key}: {value} is too small; use {minimum} or more."];
}

/// <summary>Represents a domain of a mixture.</summary>
/// <param name="Documents">File or folder with the documents.</param>
/// <param name="Share">Share of the tokens, in the unit of the other domains' shares.</param>
/// <param name="Length">Tokens per sequence; a shorter document is a shorter sequence.</param>
/// <param name="MinTokens">Minimum tokens of a document; shorter ones are dropped. Default: 2.</param>
public sealed record MixtureDomain(string Documents, double Share, int Length, int MinTokens = 2)
{
    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    public IEnumerable<string> Problems(string path)
    {
        if (string.IsNullOrWhiteSpace(Documents))
        {
            yield return $"{path}.documents: it is empty; name a file or folder.";
        }
        if (!(Share > 0 && double.IsFinite(Share)))
        {
            yield return FormattableString.Invariant($"{path}.share: {Share} is not a share; use a number above 0.");
        }
        if (Length < 2)
        {
            yield return $"{path}.length: {Length} is too small; use 2 or more.";
        }
        if (MinTokens < 2)
        {
            yield return $"{path}.min_tokens: {MinTokens} is too small; use 2 or more, because the first token is not predicted.";
        }
    }
}
