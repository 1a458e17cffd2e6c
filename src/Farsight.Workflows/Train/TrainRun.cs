using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Workflows.Train;

/// <summary>What a preference-training run is started with.</summary>
/// <param name="Recipe">What to do.</param>
/// <param name="RecipePath">Its file; relative paths in the recipe begin there.</param>
/// <param name="Output">The run directory.</param>
/// <param name="Resume">Continue the run that is there.</param>
/// <param name="MemoryBytes">What the process may take; null for the memory that the machine has.</param>
public sealed record TrainRequest(TrainRecipe Recipe, string RecipePath, string Output, bool Resume, long? MemoryBytes = null)
{
    /// <summary>Told samples done and samples in all while a reference over short contexts is computed, before the first step.</summary>
    public Action<int, int>? ReferenceProgress { get; init; }

    /// <summary>Where relative paths of the recipe are looked for before its own folder; null for nowhere.</summary>
    public string? Folder { get; init; }
}

/// <summary>Carries out a <see cref="TrainRecipe"/>: a base model and preference samples in, an adapter out.</summary>
public static class TrainRun
{
    /// <summary>Trains, or continues, and writes adapter/, or model/ where every weight was trained.</summary>
    /// <param name="request">What, and where to.</param>
    /// <param name="note">Told what a person should know, alarms among it.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancel">Finishes the step, saves and stops.</param>
    /// <returns>The folder that was written.</returns>
    /// <exception cref="InputException">Model, data and recipe do not fit together, the run directory does not fit, or training
    /// diverged.</exception>
    /// <exception cref="TrainingStoppedException">An alarm stopped the run, as the recipe asks; it can be resumed and goes on past
    /// it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run can be resumed.</exception>
    public static string Start(TrainRequest request, Action<string> note, IProgress<TrainingProgress>? progress, CancellationToken cancel)
    {
        TrainRecipe recipe = request.Recipe;
        TrainInputs inputs = TrainInputs.Read(recipe, request.RecipePath, request.Folder);
        TrainPlan plan = TrainPlan.Of(recipe, inputs, request.MemoryBytes);
        Recomputation level = plan.Require();
        Dictionary<string, string> hashes = new() { ["base_model"] = InputHash.OfModel(inputs.BaseModel), ["data"] = inputs.DataHash };
        RunManifest manifest = RunManifest.OfThisProcess("train", recipe.Seed, hashes) with
        {
            KeptActivations = level == Recomputation.RoundedLayer ? "BF16" : "exact",
        };

        using RunDirectory run = RunDirectory.Open(request.Output, RecipeFile.Resolve(recipe), manifest, request.Resume);
        foreach (string difference in run.Notes)
        {
            note($"{difference}: the last bits of the results may differ from those of a run that never stopped.");
        }
        if (level != Recomputation.None)
        {
            note(
                $"To stay within {TrainPlan.Text(plan.Budget)}, backward computes again {TrainPlan.Describe(level)}; farsight plan shows the figures."
            );
        }
        IReadOnlyDictionary<string, PreferenceLogProbs> reference = recipe.Objective.ReferenceIsShort
            ? inputs.ReadShortReference(recipe.Objective, request.ReferenceProgress, cancel)
            : new Dictionary<string, PreferenceLogProbs>();
        using LlamaModel model = LlamaModel.Load(inputs.BaseModel, inputs.Rope, recipe.Weights);
        MakeTrainable(model, recipe);
        TrainableModel trainable = new(model, level, recipe.Attention);
        if (recipe.Objective is { NeedsReference: true, ReferenceIsShort: false })
        {
            reference = ReferenceLogProbs.ReadOrCompute(
                run.Reference,
                trainable,
                [.. inputs.Training, .. inputs.HeldOut],
                recipe.Objective.RejectedResponses,
                cancel);
        }
        PreferenceTraining work = inputs.Work(recipe, reference);
        TrainingOptions options = new(recipe.Steps, recipe.EvalEvery, recipe.CheckpointEvery, recipe.Optimizer, recipe.Schedule);
        TrainedFiles files = new(model, recipe, inputs.BaseModel);
        SampleWatch? answers = recipe.Watch is { Samples: > 0 } watch
            ? new(model, inputs.Format, [.. inputs.HeldOutSamples.Take(watch.Samples)], watch.MaxNewTokens)
            : null;
        new TrainingLoop(trainable, work, options, run) { Watch = new TrainingWatch(recipe, run, files, answers, note) }.Run(
            progress,
            cancel);

        string made = files.WriteResult(run);
        if (files.WholeModules is { Length: > 0 } modules)
        {
            note(
                $"The adapter holds whole modules ({string.Join(", ", modules)}), which vLLM refuses and a GGUF adapter cannot hold; farsight merge makes a model of it for them."
            );
        }
        return made;
    }

    static void MakeTrainable(LlamaModel model, TrainRecipe recipe)
    {
        if (recipe.Lora is { } lora)
        {
            model.AttachLora(lora, recipe.Seed);
        }
        else
        {
            model.TrainEverything();
        }
    }
}
