using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Optimizers;

namespace Farsight.Alignment.Recipes;

/// <summary>Represents everything that decides the outcome of a preference-training run. Nothing else can change the result.</summary>
/// <remarks>Paths are searched in the recipe's folder first, then in the working folder.</remarks>
public sealed record TrainRecipe : IRecipe
{
    /// <summary>Directory of the base model, in Hugging Face layout.</summary>
    public required string BaseModel { get; init; }

    /// <summary>RoPE scaling, for example "yarn:8". Optional; null keeps the model's own.</summary>
    public string? Rope { get; init; }

    /// <summary>
    /// Format that the frozen matrices are converted to in memory. Optional; null keeps the stored format.
    /// </summary>
    public WeightFormat? Weights { get; init; }

    /// <summary>
    /// Device that computes the steps: "cpu", "torch-cpu", "cuda" or "cuda:1". Optional; null for "cpu". The option of a command wins, and
    /// a run may be resumed on another device.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Device { get; init; }

    /// <summary>
    /// How the products of the steps are computed: "f32" or "bf16" (docs/precision.md). Optional; null for "f32" on the device cpu, and on
    /// other devices for their default. The option of a command wins.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Arithmetic? Precision { get; init; }

    /// <summary>Preference dataset, a .jsonl file.</summary>
    public required string Data { get; init; }

    /// <summary>Number of samples that are held out for measuring. Default: 0, which measures nothing.</summary>
    public int HeldOut { get; init; }

    /// <summary>Position scheme of the prompts. Default: plain.</summary>
    public IPositionScheme Positions { get; init; } = IPositionScheme.Plain;

    /// <summary>LoRA adapter; null trains every weight. Default: an adapter of rank 32 on the four attention matrices.</summary>
    public LoraOptions? Lora { get; init; } = new();

    /// <summary>
    /// Attention pattern of the training steps. Optional; null attends to all keys. Measurements always attend to all keys.
    /// </summary>
    public AttentionPattern? Attention { get; init; }

    /// <summary>
    /// How prompts are read segment by segment with a memory that is trained along. Optional; null reads them whole.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] // keeps the stored recipes of earlier runs
    public SegmentMemoryOptions? SegmentMemory { get; init; }

    /// <summary>Loss function.</summary>
    public required IPreferenceObjective Objective { get; init; }

    /// <summary>Optimizer.</summary>
    public required OptimizerOptions Optimizer { get; init; }

    /// <summary>Learning-rate schedule. Default: a cosine without warm-up, down to a tenth of the peak.</summary>
    public LearningRateSchedule Schedule { get; init; } = new LearningRateSchedule.Cosine(0, 0.1);

    /// <summary>Number of optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Samples per optimizer step. Default: 8.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Maximum tokens per forward pass; limits the memory. A longer sample gets its own pass. Default: 8192.</summary>
    public int MicroBatchTokens { get; init; } = 8192;

    /// <summary>Steps between evaluations on the held-out samples. Default: 100.</summary>
    public int EvalEvery { get; init; } = 100;

    /// <summary>Steps between checkpoints. Default: 25.</summary>
    public int CheckpointEvery { get; init; } = 25;

    /// <summary>Steps between adapters that are kept during training. Optional; null keeps only the last one.</summary>
    public int? AdapterEvery { get; init; }

    /// <summary>
    /// How rejected responses are sampled again from the policy during training. Optional; null trains on those of the dataset.
    /// </summary>
    public ResampleOptions? Resample { get; init; }

    /// <summary>
    /// How the shares of the dataset's tasks follow their held-out losses. Optional; null trains on all samples in a new random order each
    /// epoch.
    /// </summary>
    public CurriculumOptions? Curriculum { get; init; }

    /// <summary>How the run is watched. Optional; null watches only the metrics that are computed anyway.</summary>
    public WatchOptions? Watch { get; init; }

    /// <summary>
    /// File with a model's shape and the lengths of a sample, for planning without base model and data. Optional.
    /// </summary>
    public string? PlanShape { get; init; }

    /// <summary>Seeds every random choice. Default: 1.</summary>
    public int Seed { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<string> Problems() =>
        [
            .. NotEmpty("base_model", BaseModel),
            .. NotEmpty("data", Data),
            .. DeviceProblems(Device),
            .. PrecisionProblems(Precision),
            .. RopeOption.IsKnown(Rope) ? [] : new[] { $"rope: '{Rope}' is unknown; use null, {RopeOption.Spellings}." },
            .. HeldOut >= 0 ? [] : new[] { $"held_out: {HeldOut} is not a number of samples; use 0 or more." },
            .. Positions.Problems("positions"),
            .. Positions is E2Llm { MaxScale: >= 1 and var scale } && RopeOption.LinearFactor(Rope) != scale
                ? [$"positions.max_scale: {scale} belongs to the rope linear:{scale}, and rope is {Rope ?? "null"}; use the same number."]
                : Array.Empty<string>(),
            .. Lora is null ? [] : LoraProblems(Lora),
            .. Attention is AttentionPattern.ShiftedSparse { Group: < 2 and var group }
                ? [$"attention.group: {group} is not usable; use 2 or more (a quarter of the longest sample is usual)."]
                : Array.Empty<string>(),
            .. SegmentMemory?.Problems("segment_memory") ?? [],
            .. SegmentMemory is null ? [] : WithoutMemory(),
            .. Objective.Problems("objective"),
            .. Objective is ISampledObjective && Positions is E2Llm
                ? ["positions: generation does not have the steps between positions of e2llm; use others with a sampling objective."]
                : Array.Empty<string>(),
            .. Optimizer.Problems("optimizer"),
            .. ScheduleProblems.Of("schedule", Schedule, Steps),
            .. ScheduleProblems.OfSteps("steps", Steps, "batch_size", BatchSize),
            .. AtLeastOne("micro_batch_tokens", MicroBatchTokens),
            .. AtLeastOne("eval_every", EvalEvery),
            .. AtLeastOne("checkpoint_every", CheckpointEvery),
            .. AtLeastOne("adapter_every", AdapterEvery ?? 1),
            .. Resample?.Problems("resample", Objective, Positions) ?? [],
            .. Curriculum?.Problems("curriculum") ?? [],
            .. Curriculum is not null && (Objective is ISampledObjective || Resample is not null)
                ? ["curriculum: it cannot be used with responses that are sampled during training; remove one of the two."]
                : Array.Empty<string>(),
            .. Watch?.Problems("watch", HeldOut) ?? [],
        ];

    /// <summary>Returns the problems of settings that a segment memory cannot be used with.</summary>
    IEnumerable<string> WithoutMemory()
    {
        (string Key, bool IsUsed, string Instead)[] checks =
        [
            ("positions", Positions is not Plain, "positions start at 0 in each segment; use the scheme plain"),
            ("attention", Attention is not null, "segments attend to all of their keys; remove it"),
            ("resample", Resample is not null, "responses are sampled without the memory; remove it"),
            ("objective", Objective is ISampledObjective, "responses are sampled without the memory; use an objective of the dataset"),
            ("objective", Objective.NeedsReference, "a reference has no trained memory; use an objective without a reference"),
            ("watch.samples", Watch is { Samples: > 0 }, "answers are decoded without the memory; use 0"),
        ];
        return checks.Where(c => c.IsUsed).Select(c => $"{c.Key}: it cannot be used with segment_memory, because {c.Instead}.");
    }

    /// <summary>Returns the problem of the key "device", which several kinds of recipes have.</summary>
    public static IEnumerable<string> DeviceProblems(string? device) =>
        DeviceName.IsKnown(device) ? [] : [$"device: '{device}' is unknown; use {DeviceName.Spellings}."];

    /// <summary>Returns the problem of the key "precision", which several kinds of recipes have.</summary>
    public static IEnumerable<string> PrecisionProblems(Arithmetic? precision) =>
        precision is Arithmetic.Q8 ? ["precision: q8 is for reading only; train in f32 or bf16."] : [];

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
            yield return $"lora.targets: the list is empty; use some of {known}.";
        }
        foreach (string target in lora.Targets.Where(t => !LoraOptions.KnownTargets.Contains(t)))
        {
            yield return $"lora.targets: '{target}' is unknown; use {known}.";
        }
        if (lora.Targets.Distinct().Count() != lora.Targets.Count)
        {
            yield return "lora.targets: a name is duplicated; list each name once.";
        }
    }

    static IEnumerable<string> NotEmpty(string key, string value) =>
        string.IsNullOrWhiteSpace(value) ? [$"{key}: it is empty; write a path."] : [];

    static IEnumerable<string> AtLeastOne(string key, int value) =>
        value >= 1 ? [] : [$"{key}: {value} is not usable; use 1 or more."];
}

/// <summary>Represents how a run is watched while it trains, beyond the metrics that are computed anyway.</summary>
/// <param name="SamplesEvery">Steps between greedy answers to held-out prompts; there are also answers
/// before the first step and after the last. Default: 100.</param>
/// <param name="Samples">Number of held-out samples to answer, in order; 0 for none. Default: 4.</param>
/// <param name="MaxNewTokens">Maximum tokens per answer. Default: 48.</param>
/// <param name="StopOnAlarm">Whether an alarm stops the run, after a checkpoint. Default: false.</param>
public sealed record WatchOptions(int SamplesEvery = 100, int Samples = 4, int MaxNewTokens = 48, bool StopOnAlarm = false)
{
    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    /// <param name="path">Where these options stand in the recipe.</param>
    /// <param name="heldOut">Samples that are held out.</param>
    public IEnumerable<string> Problems(string path, int heldOut)
    {
        (string Key, int Value, bool Fits, string Range)[] checks =
        [
            ("samples_every", SamplesEvery, SamplesEvery >= 1, "1 or more"),
            ("samples", Samples, Samples >= 0 && Samples <= heldOut, $"0 to {heldOut}, as many as held_out"),
            ("max_new_tokens", MaxNewTokens, MaxNewTokens is >= 1 and <= 1 << 20, "1 or more, 48 is enough to see a loop"),
        ];
        return checks.Where(c => !c.Fits).Select(c => $"{path}.{c.Key}: {c.Value} is not usable; use {c.Range}.");
    }
}

/// <summary>Specifies a format that weights can be converted to.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "Q8_0 and Q4_0 are the formats' names.")]
public enum WeightFormat
{
    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>The upper half of an F32.</summary>
    BF16,

    /// <summary>Blocks of 32 values with an F16 scale, 8 bits per value.</summary>
    Q8_0,

    /// <summary>Blocks of 32 values with an F16 scale, 4 bits per value.</summary>
    Q4_0,
}

/// <summary>Maps weight formats of recipes to those of the engine.</summary>
public static class WeightFormats
{
    /// <summary>Returns the engine's format of the same name.</summary>
    public static NumberFormat ToNumberFormat(this WeightFormat format) => format switch
    {
        WeightFormat.F32 => NumberFormat.F32,
        WeightFormat.F16 => NumberFormat.F16,
        WeightFormat.BF16 => NumberFormat.BF16,
        WeightFormat.Q8_0 => NumberFormat.Q8_0,
        _ => NumberFormat.Q4_0,
    };
}
