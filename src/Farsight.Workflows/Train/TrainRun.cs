using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Reference;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Communication;
using Farsight.Engine.Files;
using Farsight.Engine.Models;

namespace Farsight.Workflows.Train;

/// <summary>Represents the inputs of a preference-training run.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="RecipePath">File of the recipe; relative paths in the recipe start there.</param>
/// <param name="Output">The run directory.</param>
/// <param name="Resume">Whether an existing run is resumed.</param>
/// <param name="MemoryBytes">Bytes that the process may use; null for the memory of the machine.</param>
public sealed record TrainRequest(TrainRecipe Recipe, string RecipePath, string Output, bool Resume, long? MemoryBytes = null)
{
    /// <summary>Receives finished and total samples while the reference over short contexts is computed, before the first step.</summary>
    public Action<int, int>? ReferenceProgress { get; init; }

    /// <summary>
    /// Whether contradictions between the files of the base model, and samples beyond its window, are noted. Default: yes.
    /// </summary>
    public bool NotesInputs { get; init; } = true;

    /// <summary>Processes that divide the work; each calls <see cref="TrainRun.Start(TrainRequest, Action{string},
    /// IProgress{TrainingProgress}, CancellationToken)"/>. Default: this one alone.</summary>
    public Communicator Ranks { get; init; } = SingleProcess.Instance;

    /// <summary>Folder to search for relative paths before the recipe's own; null for none.</summary>
    public string? Folder { get; init; }
}

/// <summary>Runs a <see cref="TrainRecipe"/>: a base model and preference samples in, an adapter out.</summary>
public static class TrainRun
{
    /// <summary>Trains or resumes, and writes adapter/, or model/ if every weight was trained.</summary>
    /// <param name="request">Recipe and run directory.</param>
    /// <param name="note">Receives messages for people, including alarms.</param>
    /// <param name="progress">Receives the metrics after every step.</param>
    /// <param name="cancel">Finishes the step, saves and stops.</param>
    /// <returns>The folder with the result; the run directory on every rank but 0.</returns>
    /// <exception cref="InputException">Model, data and recipe do not fit together, the run directory
    /// does not fit, or training diverged.</exception>
    /// <exception cref="TrainingStoppedException">An alarm stopped the run, as the recipe asks;
    /// resuming continues past the alarm.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run can be resumed.</exception>
    public static string Start(TrainRequest request, Action<string> note, IProgress<TrainingProgress>? progress, CancellationToken cancel)
    {
        TrainRecipe recipe = request.Recipe;
        TrainInputs inputs = TrainInputs.Read(recipe, request.RecipePath, request.Folder);
        foreach (string notice in request.NotesInputs ? inputs.Notices : [])
        {
            note(notice);
        }
        TrainPlan plan = TrainPlan.Of(recipe, inputs, request.MemoryBytes);
        try
        {
            return Train(request, inputs, plan, note, progress, cancel);
        }
        catch (OutOfMemoryException e)
        {
            throw plan.Exhausted(e);
        }
    }

    static string Train(
        TrainRequest request,
        TrainInputs inputs,
        TrainPlan plan,
        Action<string> note,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancel)
    {
        TrainRecipe recipe = request.Recipe;
        Communicator ranks = request.Ranks;
        // Rank 0 alone writes files and messages; the others receive from it what they need.
        Recomputation level = (Recomputation)ranks.AllGather<int>([(int)plan.Require()]).Max();
        Dictionary<string, string> hashes = new() { ["base_model"] = InputHash.OfModel(inputs.BaseModel), ["data"] = inputs.DataHash };
        if (inputs.Teacher is { } teacher)
        {
            hashes["teacher"] = InputHash.OfModel(teacher);
        }
        RunManifest manifest = RunManifest.OfThisProcess("train", recipe.Seed, hashes) with
        {
            KeptActivations = level == Recomputation.RoundedLayer ? "BF16" : "exact",
        };

        RankAgreement.Require(ranks, manifest, RecipeFile.Resolve(recipe));
        if (ranks.Size > 1 && recipe.Resample is not null)
        {
            throw new InputException("resample cannot be used by several ranks yet; remove it, or train in one process.");
        }
        if (ranks.Size > 1 && recipe.Objective is ISampledObjective or { Distillation: not null })
        {
            throw new InputException("objective: several ranks cannot sample or ask a teacher yet; train in one process.");
        }
        using RunDirectory? run = ranks.IsFirst
            ? RunDirectory.Open(request.Output, RecipeFile.Resolve(recipe), manifest, request.Resume)
            : null;
        if (run is not null)
        {
            Begin(run);
        }
        if (level != Recomputation.None)
        {
            Notify(
                $"To stay within {TrainPlan.Text(plan.Budget)}, the backward pass recomputes {TrainPlan.Describe(level)}; "
                    + "farsight plan shows the figures.");
        }
        IPreferenceObjective objective = recipe.Objective;
        bool needsShort = objective.ReferenceIsShort || objective is { ReadsShort: true, NeedsReference: true };
        IReadOnlyDictionary<string, PreferenceLogProbs> afterShort = needsShort && ranks.IsFirst
            ? inputs.ReadShortReference(objective, request.ReferenceProgress, cancel)
            : new Dictionary<string, PreferenceLogProbs>();
        afterShort = ReferenceLogProbs.Share(afterShort, ranks);
        IReadOnlyDictionary<string, IReadOnlyList<TeacherFile.Top>> teacherTokens =
            inputs.ReadTeacher(objective.Distillation, request.ReferenceProgress, cancel);
        using DecoderModel model = ModelLoader.Load(inputs.BaseModel, inputs.Rope, recipe.Weights?.ToNumberFormat());
        MakeTrainable(model, recipe);
        TrainableModel trainable = new(model, level, recipe.Attention);
        SampleTokens[] samples = [.. inputs.Training, .. inputs.HeldOut];
        PreferenceSamples measured = new(
            inputs.Training,
            inputs.HeldOut,
            objective is { NeedsReference: true, ReferenceIsShort: false }
                ? ReferenceLogProbs.ReadOrCompute(
                    run?.Reference ?? "reference.jsonl of rank 0", trainable, samples, objective.RejectedResponses, cancel, ranks)
                : afterShort)
        {
            ShortTurns = inputs.ShortTurns,
            ShortReference = afterShort,
            Teacher = teacherTokens,
        };
        KlEstimate? kl = objective.NeedsKlEstimate ? Estimate() : null;
        RejectedResampler? resampler = recipe.Resample is { } resample && run is not null
            ? new(model, inputs.Format, inputs.TrainingSamples, resample, recipe.Seed, run.Resampled) { Steps = recipe.Steps }
            : null;
        using DecoderModel? before = objective is ISampledObjective { ReadsReference: true }
            ? ModelLoader.Load(inputs.BaseModel, inputs.Rope, recipe.Weights?.ToNumberFormat())
            : null;
        OnPolicySampler? sampler = objective is ISampledObjective onPolicy && run is not null
            ? new(model, trainable, inputs.Format, inputs.TrainingSamples, onPolicy, recipe.Seed, run.Resampled)
            {
                Steps = recipe.Steps,
                Reference = before is null ? null : new TrainableModel(before),
            }
            : null;
        PreferenceTraining work = TrainInputs.Work(recipe, measured, resampler, sampler, kl);
        TrainingOptions options = new(recipe.Steps, recipe.EvalEvery, recipe.CheckpointEvery, recipe.Optimizer, recipe.Schedule);
        TrainingOutput files = new(model, recipe, inputs.BaseModel);
        SampleWatch? answers = recipe.Watch is { Samples: > 0 } watch
            ? new(model, inputs.Format, [.. inputs.HeldOutSamples.Take(watch.Samples)], watch.MaxNewTokens)
            : null;
        ITrainingWatch? watcher = run is null ? null : new TrainingWatch(recipe, run, files, answers, note);
        using (TrainingLoop loop = new(trainable, work, options, run, ranks) { Watch = watcher })
        {
            loop.Run(progress, cancel);
        }
        if (run is null)
        {
            return request.Output;
        }

        string made = files.WriteResult(run);
        if (files.WholeModules is { Length: > 0 } modules)
        {
            Notify(
                $"The adapter contains fully trained modules ({string.Join(", ", modules)}), which vLLM refuses and a GGUF adapter cannot "
                    + "represent; merge it with farsight merge for these programs.");
        }
        return made;

        KlEstimate Estimate()
        {
            SampleTokens[] mismatched = [.. KlEstimate.Mismatch(inputs.Training), .. KlEstimate.Mismatch(inputs.HeldOut)];
            string path = run is null ? "the reference of rank 0" : Path.Combine(run.Root, "reference-mismatched.jsonl");
            IReadOnlyDictionary<string, PreferenceLogProbs> reference =
                ReferenceLogProbs.ReadOrCompute(path, trainable, mismatched, 0, cancel, ranks);
            return new(trainable, mismatched, reference, recipe.MicroBatchTokens);
        }

        void Begin(RunDirectory opened)
        {
            PlannedRun.Of(inputs, plan).Write(opened.Root);
            if (request.Resume && opened.IsNew)
            {
                Notify($"{request.Output} had no run to resume; a new run starts.");
            }
            foreach (string notice in inputs.Notices)
            {
                opened.Record(notice); // reported before, or by the caller
            }
            foreach (string difference in opened.Notes)
            {
                Notify($"{difference}: the last bits of the results may differ from those of an uninterrupted run.");
            }
        }

        void Notify(string notice)
        {
            run?.Record(notice);
            note(notice);
        }
    }

    /// <summary>Trains on samples in memory. They are written next to the run directory, so that the run can be repeated.</summary>
    /// <param name="recipe">The recipe; the samples replace its dataset.</param>
    /// <param name="samples">The samples, with those that are held out.</param>
    /// <param name="output">The run directory, new or empty.</param>
    /// <param name="progress">Receives the progress after every step; may be null.</param>
    /// <param name="note">
    /// Receives messages for people, including alarms. If null, they are only kept in notices.txt and alarms.jsonl of the run directory.
    /// </param>
    /// <param name="cancel">Finishes the step, saves and stops.</param>
    /// <returns>The folder with the adapter or model.</returns>
    /// <exception cref="InputException">Model, samples and recipe do not fit together, or training diverged.</exception>
    public static string Start(
        TrainRecipe recipe,
        IEnumerable<PreferenceSample> samples,
        string output,
        IProgress<TrainingProgress>? progress = null,
        Action<string>? note = null,
        CancellationToken cancel = default)
    {
        string data = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)) + ".jsonl";
        AtomicFile.WriteText(data, string.Concat(samples.Select(s => PreferenceLine.Format(s) + "\n")));
        return Start(new(recipe with { Data = data }, data, output, Resume: false), note ?? (_ => { }), progress, cancel);
    }

    static void MakeTrainable(DecoderModel model, TrainRecipe recipe)
    {
        if (recipe.Lora is { } lora)
        {
            IReadOnlyList<string> targets = LinearShape.TargetsOf(model.Config);
            if (lora.Targets.Except(targets).FirstOrDefault() is { } missing)
            {
                throw new InputException(
                    $"lora.targets: the model has no layers named {missing}; use some of {string.Join(", ", targets)}.");
            }
            model.AttachLora(lora, recipe.Seed);
        }
        else
        {
            model.TrainEverything();
        }
    }
}
