using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Optimizers;

namespace Farsight.Alignment.Recipes;

/// <summary>Everything that decides the outcome of a preference-training run. What is not here cannot change the result.</summary>
/// <remarks>Paths are looked for in the recipe's folder first, then in the working folder.</remarks>
public sealed record TrainRecipe : IRecipe
{
    /// <summary>A Hugging Face model directory.</summary>
    public required string BaseModel { get; init; }

    /// <summary>RoPE scaling as <see cref="RopeOption"/> spells it, "yarn:8"; null keeps the model's own.</summary>
    public required string? Rope { get; init; }

    /// <summary>
    /// The format that the frozen matrices are converted to, in memory; null, or left out, keeps them as they are stored, in the file.
    /// </summary>
    public NumberFormat? Weights { get; init; }

    /// <summary>A preference dataset, .jsonl.</summary>
    public required string Data { get; init; }

    /// <summary>Samples of the dataset that are only measured.</summary>
    public required int HeldOut { get; init; }

    /// <summary>How prompts get their positions.</summary>
    public required IPositionScheme Positions { get; init; }

    /// <summary>The adapter; null trains every weight.</summary>
    public required LoraOptions? Lora { get; init; }

    /// <summary>Which keys each head looks at in training's steps; null, or left out, for all. Measuring always looks at all.</summary>
    public AttentionPattern? Attention { get; init; }

    /// <summary>The loss.</summary>
    public required IPreferenceObjective Objective { get; init; }

    /// <summary>How gradients become updates.</summary>
    public required OptimizerOptions Optimizer { get; init; }

    /// <summary>How the learning rates move.</summary>
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>Optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Samples an optimizer step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Most tokens in one forward pass; bounds the memory.</summary>
    public required int MicroBatchTokens { get; init; }

    /// <summary>Steps between evaluations on the held-out samples.</summary>
    public required int EvalEvery { get; init; }

    /// <summary>Steps between checkpoints.</summary>
    public required int CheckpointEvery { get; init; }

    /// <summary>Steps between adapters that are kept along training; null, or left out, keeps the last one only.</summary>
    public int? AdapterEvery { get; init; }

    /// <summary>How the run is looked at; null, or left out, for the alarms on numbers that are computed anyway.</summary>
    public WatchOptions? Watch { get; init; }

    /// <summary>
    /// A file with a model's shape and the lengths of a sample, by which runs are planned while base model or data are missing; null, or
    /// left out, for none.
    /// </summary>
    public string? PlanShape { get; init; }

    /// <summary>Seeds every random choice.</summary>
    public required int Seed { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Problems() =>
        [
            .. NotEmpty("base_model", BaseModel),
            .. NotEmpty("data", Data),
            .. RopeOption.IsKnown(Rope) ? [] : new[] { $"rope: '{Rope}' is unknown; use null, {RopeOption.Spellings}." },
            .. HeldOut >= 0 ? [] : new[] { $"held_out: {HeldOut} is not a number of samples; use 0 or more." },
            .. Positions.Problems("positions"),
            .. Positions is E2Llm { MaxScale: >= 1 and var scale } && RopeOption.LinearFactor(Rope) != scale
                ? [$"positions.max_scale: {scale} belongs to the rope linear:{scale}, and rope is {Rope ?? "null"}; make them the same."]
                : Array.Empty<string>(),
            .. Lora is null ? [] : LoraProblems(Lora),
            .. Attention is AttentionPattern.ShiftedSparse { Group: < 2 and var group }
                ? [$"attention.group: {group} is not usable; use 2 or more (a quarter of the longest sample is usual)."]
                : Array.Empty<string>(),
            .. Objective.Problems("objective"),
            .. Optimizer.Problems("optimizer"),
            .. ScheduleProblems.Of("schedule", Schedule, Steps),
            .. AtLeastOne("steps", Steps),
            .. AtLeastOne("batch_size", BatchSize),
            .. AtLeastOne("micro_batch_tokens", MicroBatchTokens),
            .. AtLeastOne("eval_every", EvalEvery),
            .. AtLeastOne("checkpoint_every", CheckpointEvery),
            .. AtLeastOne("adapter_every", AdapterEvery ?? 1),
            .. Watch?.Problems("watch", HeldOut) ?? [],
        ];

    static IEnumerable<string> LoraProblems(LoraOptions lora)
    {
        string known = string.Join(", ", LoraOptions.KnownTargets);
        if (lora.Rank is < 1 or > 1024)
        {
            yield return $"lora.rank: {lora.Rank} is not usable; use 1 to 1024 (8 to 64 is usual).";
        }
        if (!(lora.Alpha > 0 && double.IsFinite(lora.Alpha)))
        {
            yield return FormattableString.Invariant($"lora.alpha: {lora.Alpha} is not usable; use a number above 0.");
        }
        if (lora.Targets.Count == 0)
        {
            yield return $"lora.targets: the list is empty; name some of {known}.";
        }
        foreach (string target in lora.Targets.Where(t => !LoraOptions.KnownTargets.Contains(t)))
        {
            yield return $"lora.targets: '{target}' is unknown; use {known}.";
        }
        if (lora.Targets.Distinct().Count() != lora.Targets.Count)
        {
            yield return "lora.targets: a name is there twice; name each once.";
        }
    }

    static IEnumerable<string> NotEmpty(string key, string value) =>
        string.IsNullOrWhiteSpace(value) ? [$"{key}: it is empty; give a path."] : [];

    static IEnumerable<string> AtLeastOne(string key, int value) =>
        value >= 1 ? [] : [$"{key}: {value} is not usable; use 1 or more."];
}
