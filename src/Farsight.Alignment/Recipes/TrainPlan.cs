using System.Globalization;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Recipes;

/// <summary>What a training run will take of the machine at each level of recomputation, computed before anything is trained.</summary>
/// <param name="Model">The base model, with the recipe's RoPE.</param>
/// <param name="Largest">No tree of the run is larger in anything.</param>
/// <param name="EmbeddingRows">Rows of the embeddings that the run may touch.</param>
/// <param name="Budget">Bytes that the process may take.</param>
/// <param name="Levels">From the fastest to the leanest.</param>
public sealed record TrainPlan(ModelConfig Model, TreeSize Largest, int EmbeddingRows, long Budget, IReadOnlyList<LevelPlan> Levels)
{
    // Share of the processor's peak that a training step reaches, as docs/performance.md measures it.
    const double Efficiency = 0.6;

    // Steps whose operations are counted; their mean stands for all.
    const int CountedSteps = 8;

    /// <summary>The fastest level that fits; null when none does.</summary>
    public LevelPlan? Chosen => Levels.FirstOrDefault(l => l.Memory.Total <= Budget);

    /// <summary>Plans a recipe's run, the time of a step included.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="recipePath">Its file.</param>
    /// <param name="memoryBytes">What the process may take; null for the memory that the machine has.</param>
    /// <param name="peak">Operations a second of the threads in use.</param>
    /// <exception cref="InputException">Something that the recipe names is missing, damaged or does not fit together.</exception>
    public static TrainPlan Of(TrainRecipe recipe, string recipePath, long? memoryBytes, double peak)
    {
        TrainInputs inputs = TrainInputs.Read(recipe, recipePath);
        TrainPlan plan = Of(recipe, inputs, memoryBytes);
        StepFlops[] trees =
        [
            .. Enumerable.Range(1, Math.Min(CountedSteps, recipe.Steps)).SelectMany(Sizing(recipe, inputs).MicroSteps)
                .Select(m => StepFlops.Of(plan.Model, m.Tree, recipe.Lora, recipe.Attention)),
        ];
        double Seconds(Recomputation level) =>
            trees.Sum(f => f.Total + RecomputedFlops.Of(f, plan.Model, level)) / Math.Min(CountedSteps, recipe.Steps) / (peak * Efficiency);
        return plan with { Levels = [.. plan.Levels.Select(l => l with { SecondsPerStep = Seconds(l.Level) })] };
    }

    /// <summary>"1.4 GiB", "532 MiB".</summary>
    public static string Text(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):F1} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):F0} MiB");

    /// <summary>What a level computes again, for a sentence.</summary>
    public static string Describe(Recomputation level) => level switch
    {
        Recomputation.None => "nothing",
        Recomputation.Mlp => "gate and up of the MLPs",
        Recomputation.Layer => "each layer",
        _ => "each layer, from inputs rounded to BF16",
    };

    internal static TrainPlan Of(TrainRecipe recipe, TrainInputs inputs, long? memoryBytes)
    {
        ModelConfig config = inputs.Rope is { } rope ? inputs.Config.With(rope) : inputs.Config;
        PreferenceTraining work = Sizing(recipe, inputs);
        TreeSize largest = work.LargestTree(recipe.Steps);
        TrainingShape shape = new(config, WeightBytes(recipe, inputs, work.DistinctTokens), recipe.Lora, work.DistinctTokens, recipe.Optimizer.Muon is not null);
        return new(
            config, largest, shape.EmbeddingRows, memoryBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            [.. Enum.GetValues<Recomputation>().Select(level => new LevelPlan(level, MemoryPlan.Of(shape, largest, level), 0))]);
    }

    /// <summary>The level to train at.</summary>
    /// <exception cref="InputException">Nothing fits.</exception>
    internal Recomputation Require()
    {
        if (Chosen is { } chosen)
        {
            return chosen.Level;
        }
        MemoryPlan least = Levels[^1].Memory;
        throw new InputException(
            $"Training needs {Text(least.Total)} at least and may take {Text(Budget)}: weights {Text(least.Weights)}, adapter, embeddings and optimizer {Text(least.Adapter + least.Embeddings + least.Optimizer)}, "
            + $"a tree of {Largest.Rows} tokens {Text(least.Activations + least.Scratch)}; lower micro_batch_tokens or use shorter samples, set weights to q4_0, or give more with --memory.");
    }

    /// <summary>The same work without its reference, on which no size depends.</summary>
    static PreferenceTraining Sizing(TrainRecipe recipe, TrainInputs inputs) => inputs.Work(
        recipe, inputs.Training.Concat(inputs.HeldOut).ToDictionary(s => s.Id, _ => new PreferenceLogProbs(default, []), StringComparer.Ordinal));

    /// <summary>Of the frozen weights: converted ones, or pages of the files, of untied embeddings only those of the touched rows.</summary>
    static long WeightBytes(TrainRecipe recipe, TrainInputs inputs, int embeddingRows)
    {
        using IModelFiles files = ModelFiles.Open(inputs.BaseModel); // unsound files are found before anything is begun
        if (recipe.Weights is { } format)
        {
            return TrainingShape.ConvertedBytes(inputs.Config, format);
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

/// <summary>A run at one level of recomputation.</summary>
/// <param name="Level">The level.</param>
/// <param name="Memory">What it takes.</param>
/// <param name="SecondsPerStep">Estimated from the operations of the first steps; 0 where nobody asked.</param>
public sealed record LevelPlan(Recomputation Level, MemoryPlan Memory, double SecondsPerStep);
