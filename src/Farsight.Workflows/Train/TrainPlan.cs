using System.Globalization;
using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Report;

namespace Farsight.Workflows.Train;

/// <summary>Represents the memory and time of a training run at each level of recomputation, computed before the training.</summary>
/// <param name="Model">The base model, with the recipe's RoPE.</param>
/// <param name="Largest">Size that no tree of the run exceeds.</param>
/// <param name="EmbeddingRows">Rows of the embeddings that the run may change.</param>
/// <param name="Budget">Bytes that the process may use.</param>
/// <param name="Levels">Levels from the fastest to the leanest.</param>
public sealed record TrainPlan(ModelConfig Model, TreeSize Largest, int EmbeddingRows, long Budget, IReadOnlyList<LevelPlan> Levels)
{
    // Share of the processor's peak that a training step reaches, as docs/performance.md measures it.
    const double Efficiency = 0.6;

    // Steps whose operations are counted; their mean stands for all.
    const int CountedSteps = 8;

    /// <summary>Number of optimizer steps.</summary>
    public int Steps { get; init; }

    /// <summary>Ranks of the run. Memory is that of one rank, and <see cref="LevelPlan.SecondsPerStep"/> has no messages.</summary>
    public PlannedRanks Ranks { get; init; } = PlannedRanks.One;

    /// <summary>Sentences about contradictions in the inputs, and samples beyond the window.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Tokens per step with shared tokens counted once; 0 if not computed.</summary>
    public double TokensPerStep { get; init; }

    /// <summary>Number of samples whose prompt and response exceed the model's window; 0 if all fit or no data was read.</summary>
    public int SamplesBeyondWindow { get; init; }

    /// <summary>Tokens of the longest sample; 0 if no data was read.</summary>
    public int LongestSample { get; init; }

    /// <summary>Changes that need less memory, if no level fits and the plan is not that of a run; else empty.</summary>
    public IReadOnlyList<PlanAlternative> Alternatives { get; init; } = [];

    /// <summary>Passes beside the forward and the backward pass of each step; empty if not computed.</summary>
    public IReadOnlyList<PlannedPass> Passes { get; init; } = [];

    /// <summary>Seconds of the <see cref="Passes"/> before the first step; 0 if not computed.</summary>
    public double SecondsBefore { get; init; }

    /// <summary>The fastest level that fits into the memory; null for none.</summary>
    public LevelPlan? Chosen => Levels.FirstOrDefault(l => l.Memory.Total <= Budget);

    /// <summary>Plans the run of a recipe, including the time per step.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="recipePath">Its file.</param>
    /// <param name="memoryBytes">Bytes that the process may use; null for the memory of the machine.</param>
    /// <param name="peak">Peak operations per second of the threads in use, per rank.</param>
    /// <param name="ranks">Ranks; null for one process.</param>
    /// <exception cref="InputException">Something that the recipe names is missing, damaged or does not fit together.</exception>
    public static TrainPlan Of(TrainRecipe recipe, string recipePath, long? memoryBytes, double peak, PlannedRanks? ranks = null)
    {
        PlannedRanks grid = ranks ?? PlannedRanks.One;
        TrainInputs inputs = TrainInputs.Read(recipe, recipePath);
        ModelConfig? teacher = inputs.Teacher is { } path ? ModelFiles.ReadConfig(path) : null;
        return Of(recipe, inputs, memoryBytes, grid)
            .Timed(recipe, Sizing(recipe, inputs), CountedSteps, peak)
            .WithPasses(PlannedPass.Of(recipe, inputs.Config, teacher, Lengths(inputs)), peak)
            .WithAlternatives(recipe, r => Of(r, inputs, memoryBytes, grid)) with
        {
            Notices = [.. inputs.Notices],
        };
    }

    /// <summary>Plans a run without its model and data, for samples of equal length.</summary>
    /// <remarks>Weights that the recipe does not convert count as BF16, and every token of the vocabulary as one that occurs.</remarks>
    /// <param name="recipe">The recipe.</param>
    /// <param name="shape">Stands for what the recipe names.</param>
    /// <param name="memoryBytes">Bytes that the process may use; null for the memory of the machine.</param>
    /// <param name="peak">Peak operations per second of the threads in use, per rank.</param>
    /// <param name="ranks">Ranks; null for one process.</param>
    /// <exception cref="InputException">The recipe does not fit such samples.</exception>
    public static TrainPlan Of(TrainRecipe recipe, PlannedShape shape, long? memoryBytes, double peak, PlannedRanks? ranks = null)
    {
        PlannedRanks grid = ranks ?? PlannedRanks.One;
        return Of(recipe, shape, memoryBytes, grid)
            .Timed(recipe, shape.Work(recipe), 1, peak)
            .WithPasses(PlannedPass.Of(recipe, shape.Config, null, shape.Lengths(recipe)), peak)
            .WithAlternatives(recipe, r => Of(r, shape, memoryBytes, grid));
    }

    static TrainPlan Of(TrainRecipe recipe, PlannedShape shape, long? memoryBytes, PlannedRanks ranks)
    {
        ModelConfig config = RopeOption.Parse(recipe.Rope, shape.Config) is { } rope ? shape.Config.With(rope) : shape.Config;
        long weights =
            recipe.Lora is null && recipe.Weights is null
                ? 0
                : ConvertedBytes(config, recipe.Weights?.ToNumberFormat() ?? NumberFormat.BF16);
        return Of(
            recipe, config, shape.Work(recipe), weights, config.VocabSize, PlannedPass.CacheBytes(recipe, config, shape.Lengths(recipe)),
            memoryBytes, ranks);
    }

    TrainPlan WithAlternatives(TrainRecipe recipe, Func<TrainRecipe, TrainPlan> planOf) =>
        Chosen is null ? this with { Alternatives = PlanAlternative.Of(recipe, this, planOf) } : this;

    TrainPlan WithPasses(IReadOnlyList<PlannedPass> passes, double peak) => this with
    {
        Passes = passes,
        SecondsBefore = passes.Where(p => !p.IsPerStep).Sum(p => p.Flops) / (peak * Efficiency * Ranks.Count), // divided by samples
        Levels =
        [
            .. Levels.Select(l => l with
            {
                SecondsPerStep = l.SecondsPerStep + passes.Where(p => p.IsPerStep).Sum(p => p.Flops) / (peak * Efficiency),
            }),
        ],
    };

    TrainPlan Timed(TrainRecipe recipe, PreferenceTraining work, int countedSteps, double peak) =>
        Timed(work, recipe.Lora, recipe.Attention, Math.Min(countedSteps, recipe.Steps), peak);

    /// <summary>Adds the tokens and the seconds per step.</summary>
    /// <param name="work">The training work.</param>
    /// <param name="lora">The adapter; null for none.</param>
    /// <param name="attention">The attention pattern; null for none.</param>
    /// <param name="steps">First steps whose operations are counted.</param>
    /// <param name="peak">Peak operations per second of the threads in use, per rank.</param>
    internal TrainPlan Timed(ITrainingWork work, LoraOptions? lora, AttentionPattern? attention, int steps, double peak)
    {
        (StepFlops Flops, int Rows)[][] trees =
        [
            .. Enumerable.Range(1, steps).Select(step => work.MicroSteps(step)
                .Select(m => (StepFlops.Of(Model, m.Tree, lora, attention), m.Tree.Count))
                .ToArray()),
        ];
        // The busiest rank of a step decides its time.
        double Seconds(Recomputation level) => trees.Sum(step => Enumerable.Range(0, Ranks.Data).Max(d => step
            .Where((_, i) => i % Ranks.Data == d)
            .Sum(t => t.Flops.Total + RecomputedFlops.Of(t.Flops, Model, level)))) / Ranks.Context / steps / (peak * Efficiency);
        RankTraffic Traffic(LevelPlan plan)
        {
            long gradients = (plan.Memory.Adapter + plan.Memory.Embeddings) / 2;
            RankTraffic[] all =
                [.. trees.Select(step => RankTraffic.Of(Model, [.. step.Select(t => t.Rows)], gradients, Ranks, plan.Level))];
            return new(all.Average(t => t.Keys), all.Average(t => t.Gradients));
        }
        return this with
        {
            TokensPerStep = trees.Sum(step => step.Sum(t => (double)t.Rows)) / steps,
            Levels = [.. Levels.Select(l => l with { SecondsPerStep = Seconds(l.Level), Traffic = Traffic(l) })],
        };
    }

    /// <summary>Formats a size: "1.4 GiB", "532 MiB".</summary>
    public static string Text(long bytes) => ReportText.Bytes(bytes);

    /// <summary>Formats a duration in a suitable unit: "48 s", "3.2 min", "5.4 h", "12 days", "3.2 years".</summary>
    /// <param name="seconds">Seconds; ≥ 0.</param>
    public static string Duration(double seconds)
    {
        const double Minute = 60, Hour = 60 * Minute, Day = 24 * Hour, Year = 365.25 * Day;
        (double value, string unit) = seconds switch
        {
            < Minute => (seconds, "s"),
            < Hour => (seconds / Minute, "min"),
            < 2 * Day => (seconds / Hour, "h"),
            < 2 * Year => (seconds / Day, "days"),
            _ => (seconds / Year, "years"),
        };
        return $"{value.ToString(value >= 9.95 ? "F0" : "G2", CultureInfo.InvariantCulture)} {unit}";
    }

    /// <summary>Describes what a level recomputes, as part of a sentence.</summary>
    public static string Describe(Recomputation level) => level switch
    {
        Recomputation.None => "nothing",
        Recomputation.Mlp => "gate and up of the MLPs",
        Recomputation.Layer => "each layer",
        _ => "each layer, from inputs rounded to BF16",
    };

    /// <summary>Plans the memory of a run.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="inputs">What it names.</param>
    /// <param name="memoryBytes">Bytes that the process may use; null for the memory of the machine.</param>
    /// <param name="ranks">Ranks; null for one process.</param>
    internal static TrainPlan Of(TrainRecipe recipe, TrainInputs inputs, long? memoryBytes, PlannedRanks? ranks = null)
    {
        ModelConfig config = inputs.Rope is { } rope ? inputs.Config.With(rope) : inputs.Config;
        PreferenceTraining work = Sizing(recipe, inputs);
        int embeddingRows = recipe is { Resample: null, Objective: not ISampledObjective }
            ? work.DistinctTokens
            : config.VocabSize; // new responses may have any token
        SampleTokens[] samples = [.. inputs.Training, .. inputs.HeldOut];
        return Of(
            recipe, config, work, WeightBytes(recipe, inputs, embeddingRows) + SecondModelBytes(recipe, inputs), embeddingRows,
            PlannedPass.CacheBytes(recipe, config, Lengths(inputs)), memoryBytes, ranks ?? PlannedRanks.One) with
        {
            SamplesBeyondWindow = samples.Count(s => inputs.LongestReading(s) > config.MaxPositionEmbeddings),
            LongestSample = samples.Max(s => s.Shape.RealLength),
        };
    }

    static TrainPlan Of(
        TrainRecipe recipe,
        ModelConfig config,
        PreferenceTraining work,
        long weightBytes,
        int embeddingRows,
        long cacheBytes,
        long? memoryBytes,
        PlannedRanks ranks)
    {
        TreeSize largest = work.LargestTree(recipe.Steps);
        TrainingShape shape = ShapeOf(config, weightBytes, recipe.Lora, embeddingRows, recipe.Optimizer);
        return new(config, largest, embeddingRows, BudgetOf(memoryBytes), LevelsOf(shape, largest.Divided(ranks.Context), cacheBytes))
        {
            Steps = recipe.Steps,
            Ranks = ranks,
        };
    }

    /// <summary>Returns what determines the memory apart from the passes.</summary>
    internal static TrainingShape ShapeOf(
        ModelConfig config, long weightBytes, LoraOptions? lora, int embeddingRows, OptimizerOptions optimizer) =>
        new(config, weightBytes, lora, embeddingRows, optimizer.Muon is not null)
        {
            Rmsprop = optimizer.Rmsprop,
            EightBit = optimizer.EightBit,
        };

    /// <summary>Returns the given bytes, or those of the machine.</summary>
    internal static long BudgetOf(long? memoryBytes) => memoryBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Plans every level. Responses are sampled while no pass is kept, so the larger of the two counts.</summary>
    internal static LevelPlan[] LevelsOf(TrainingShape shape, TreeSize largest, long cacheBytes) =>
    [
        .. Enum.GetValues<Recomputation>().Select(level => (Level: level, Memory: MemoryPlan.Of(shape, largest, level)))
            .Select(l => new LevelPlan(
                l.Level, l.Memory with { Activations = Math.Max(l.Memory.Activations, cacheBytes) }, 0)),
    ];

    /// <summary>Returns the level to train at.</summary>
    /// <exception cref="InputException">Nothing fits.</exception>
    internal Recomputation Require() => Require(
        "Lower micro_batch_tokens, use shorter samples, set weights to q4_0, or allow more memory; 'farsight plan' shows what each change "
            + "saves.");

    /// <summary>Returns the level to train at.</summary>
    /// <param name="advice">Sentence that says what to change.</param>
    /// <exception cref="InputException">Nothing fits.</exception>
    internal Recomputation Require(string advice)
    {
        MemoryPlan least = Levels[^1].Memory;
        return Chosen?.Level ?? throw new InputException(
            $"Training needs at least {Text(least.Total)} and may use {Text(Budget)}: {Parts(least)}. {advice}");
    }

    /// <summary>Creates the error of a run that found less memory than was planned.</summary>
    internal InputException Exhausted(OutOfMemoryException cause)
    {
        MemoryPlan chosen = (Chosen ?? Levels[^1]).Memory;
        return new(
            $"The memory is exhausted. The plan was {Text(chosen.Total)} of {Text(Budget)}: {Parts(chosen)}. "
                + "Close other programs, or lower the memory limit, micro_batch_tokens or the length of the samples.",
            cause);
    }

    string Parts(MemoryPlan memory) =>
        $"weights {Text(memory.Weights)}, adapter, embeddings and optimizer {Text(memory.Adapter + memory.Embeddings + memory.Optimizer)}, "
            + $"a tree of {Largest.Rows} tokens {Text(memory.Activations + memory.Scratch)}";

    /// <summary>Creates the work without its reference, on which no size depends.</summary>
    static PreferenceTraining Sizing(TrainRecipe recipe, TrainInputs inputs) =>
        inputs.Work(
            recipe,
            inputs
                .Training.Concat(inputs.HeldOut)
                .SelectMany(s => s.QuestionIds)
                .ToDictionary(id => id, _ => new PreferenceLogProbs(default, []), StringComparer.Ordinal));

    static SampleLengths[] Lengths(TrainInputs inputs) =>
        [.. SampleLengths.Of(inputs.Training.Concat(inputs.HeldOut), inputs.TrainingSamples.Concat(inputs.HeldOutSamples))];

    /// <summary>Returns the bytes of a model beside the policy: a teacher that stays loaded, or the model before training. Mapped weights
    /// of the base model are counted once.</summary>
    static long SecondModelBytes(TrainRecipe recipe, TrainInputs inputs)
    {
        string? second = recipe.Objective switch
        {
            ISampledObjective { ReadsReference: true } => inputs.BaseModel,
            { Distillation.Live: true } => inputs.Teacher,
            _ => null,
        };
        bool isConverted = recipe is { Weights: not null, Objective: ISampledObjective };
        if (second is null || (second == inputs.BaseModel && recipe.Lora is not null && !isConverted && recipe.Weights is null))
        {
            return 0;
        }
        return isConverted
            ? ConvertedBytes(inputs.Config, recipe.Weights!.Value.ToNumberFormat())
            : StoredBytes(second, ModelFiles.ReadConfig(second));
    }

    /// <summary>Returns the bytes of a model's weights as they are stored.</summary>
    internal static long StoredBytes(string model, ModelConfig config)
    {
        using IModelFiles files = ModelFiles.Open(model);
        return ParameterShapes.Of(config).Sum(p => files.StoredBytes(p.Name));
    }

    /// <summary>Returns the bytes of a model's weights in another format.</summary>
    /// <exception cref="InputException">A matrix has rows that are not whole blocks of the format.</exception>
    internal static long ConvertedBytes(ModelConfig config, NumberFormat format) => PartialRows(config, format) is { } partial
        ? throw new InputException(
            $"weights: {partial.Name} has rows of {partial.Shape[1]} values, which is not a multiple of the {format.ValuesPerBlock} values "
                + $"of a {format} block; use bf16, or keep the stored format.")
        : TrainingShape.ConvertedBytes(config, format);

    /// <summary>Returns the first matrix whose rows are not whole blocks of a format; null for none.</summary>
    internal static ParameterShape? PartialRows(ModelConfig config, NumberFormat format) =>
        ParameterShapes.Of(config).FirstOrDefault(p => p.Shape is [_, int columns] && columns % format.ValuesPerBlock != 0);

    /// <summary>Returns the bytes of the frozen weights: converted ones, or mapped pages without untouched rows of untied
    /// embeddings.</summary>
    static long WeightBytes(TrainRecipe recipe, TrainInputs inputs, int embeddingRows)
    {
        using IModelFiles files = ModelFiles.Open(inputs.BaseModel); // unsound files are found before anything is begun
        if (recipe.Weights is { } format)
        {
            return ConvertedBytes(inputs.Config, format.ToNumberFormat());
        }
        if (recipe.Lora is null)
        {
            return 0; // read once into what is trained
        }
        long embeddings = inputs.Config.TieWordEmbeddings ? 0 : files.StoredBytes("model.embed_tokens.weight");
        long untouched = embeddings * (inputs.Config.VocabSize - embeddingRows) / inputs.Config.VocabSize;
        return ParameterShapes.Of(inputs.Config).Sum(p => files.StoredBytes(p.Name)) - untouched;
    }
}

/// <summary>Represents a run at one level of recomputation.</summary>
/// <param name="Level">The level.</param>
/// <param name="Memory">What it takes.</param>
/// <param name="SecondsPerStep">Estimated from the operations of the first steps; 0 if not computed.</param>
public sealed record LevelPlan(Recomputation Level, MemoryPlan Memory, double SecondsPerStep)
{
    /// <summary>Bytes that the busiest rank sends per step, the mean of the first steps; 0 for one process.</summary>
    public RankTraffic Traffic { get; init; }
}
