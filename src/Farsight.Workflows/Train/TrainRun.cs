using System.Globalization;
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
using Farsight.Engine.Lora;
using Farsight.Engine.Machine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Workflows.Train;

/// <summary>Represents the inputs of a preference-training run.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="RecipePath">File of the recipe; relative paths in the recipe start there.</param>
/// <param name="Output">The run directory.</param>
/// <param name="Resume">Whether an existing run is resumed.</param>
/// <param name="MemoryBytes">
/// Bytes that the process, or with <see cref="Backend"/> the device, may use; null for the memory of the machine or device.
/// </param>
public sealed record TrainRequest(TrainRecipe Recipe, string RecipePath, string Output, bool Resume, long? MemoryBytes = null)
{
    /// <summary>
    /// Receives the progress of what takes time between two steps, and of the samples of a step: reference, held-out samples, answers.
    /// </summary>
    public Action<TrainingPart>? Parts { get; init; }

    /// <summary>
    /// Whether contradictions between the files of the base model, and samples beyond its window, are noted. Default: yes.
    /// </summary>
    public bool NotesInputs { get; init; } = true;

    /// <summary>Processes that divide the work; each calls <see cref="TrainRun.Start(TrainRequest, Action{string},
    /// IProgress{TrainingProgress}, CancellationToken)"/>. Default: this one alone.</summary>
    public Communicator Ranks { get; init; } = SingleProcess.Instance;

    /// <summary>Computes the passes on a device; null for the engine of this program.</summary>
    public IModelBackend? Backend { get; init; }

    /// <summary>Whether the metrics are also written as event files of TensorBoard, to tensorboard/ of the run. Default: no.</summary>
    public bool WritesTensorBoard { get; init; }

    /// <summary>
    /// Number of ranks that divide the rows of each token tree; <see cref="Ranks"/> are a multiple of it. Changes the rounding of
    /// gradients. Default: 1.
    /// </summary>
    public int ContextParallel { get; init; } = 1;

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
        if (request.Backend is null && recipe.Device is { } device and not DeviceName.Cpu)
        {
            throw new InputException($"device is {device}, but none was opened; open it as the backend of the request, or remove device.");
        }
        if (request.Backend is { } opened && recipe.Precision is { } precision
            && (precision == Arithmetic.F32) != (opened.Format == NumberFormat.F32))
        {
            throw new InputException(
                $"precision is {precision.Name()}, but the device {opened.Device} was opened to compute in {opened.Format}; "
                    + "use one of them, or remove precision.");
        }
        RankGrid grid = new(request.Ranks, request.ContextParallel);
        TrainInputs inputs = TrainInputs.Read(recipe, request.RecipePath, request.Folder);
        foreach (string notice in request.NotesInputs ? inputs.Notices : [])
        {
            note(notice);
        }
        TrainPlan plan = TrainPlan.Of(
            recipe, inputs, request.MemoryBytes, new PlannedRanks(grid.All.Size, grid.Context.Size));
        if (request.Backend is { } backend)
        {
            DevicePlan.Require(recipe, plan, inputs.BaseModel, backend, request.MemoryBytes);
        }
        try
        {
            return Train(request, grid, inputs, plan, note, progress, cancel);
        }
        catch (OutOfMemoryException e)
        {
            throw plan.Exhausted(e);
        }
    }

    static string Train(
        TrainRequest request,
        RankGrid grid,
        TrainInputs inputs,
        TrainPlan plan,
        Action<string> note,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancel)
    {
        TrainRecipe recipe = request.Recipe;
        Communicator ranks = grid.All;
        if (grid.Context.Size > 1 && recipe.Attention is not null)
        {
            throw new InputException("attention cannot be used with context parallelism; remove it, or set context parallelism to 1.");
        }
        if (grid.Context.Size > 1 && request.Backend is not null)
        {
            throw new InputException(
                "A device cannot be used with context parallelism; use the device cpu, or set context parallelism to 1.");
        }
        if (recipe.SegmentMemory is not null && (ranks.Size > 1 || request.Backend is not null))
        {
            throw new InputException(
                "segment_memory: segments are read one after the other, which several ranks and devices cannot do yet; "
                    + "train in one process on the device cpu.");
        }
        if (recipe.SegmentMemory is not null && !SegmentMemory.CanRead(inputs.Rope ?? inputs.Config.RopeScaling))
        {
            throw new InputException(
                "segment_memory cannot be used with a RoPE scaling that depends on the length of the text; set rope to another one, "
                    + "such as yarn:2.");
        }
        // Rank 0 alone writes files and messages; the others receive from it what they need.
        // A device computes every layer again and keeps only the inputs of the layers.
        Recomputation level = (Recomputation)ranks.AllGather<int>(
            [(int)(request.Backend is null ? plan.Require() : Recomputation.Layer)]).Max();
        Dictionary<string, string> hashes = new() { ["base_model"] = InputHash.OfModel(inputs.BaseModel), ["data"] = inputs.DataHash };
        if (inputs.Teacher is { } teacher)
        {
            hashes["teacher"] = InputHash.OfModel(teacher);
        }
        // The precision of a device is part of its description.
        Arithmetic arithmetic = request.Backend is null ? recipe.Precision ?? Arithmetic.F32 : Arithmetic.F32;
        if (AssembledKernels.NoticeOf(arithmetic) is { } slow)
        {
            note(slow);
        }
        RunManifest manifest = RunManifest.OfThisProcess("train", recipe.Seed, hashes) with
        {
            KeptActivations = level == Recomputation.RoundedLayer ? "BF16" : "exact",
            Device = request.Backend?.Description ?? "cpu",
            ContextParallel = grid.Context.Size > 1 ? grid.Context.Size : null,
            Precision = arithmetic.RecordedName(),
        };

        RankAgreement.Require(
            ranks, manifest, ("recipe", RecipeFile.Resolve(recipe)),
            ("context parallelism", grid.Context.Size.ToString(CultureInfo.InvariantCulture)));
        using RunDirectory? run = ranks.IsFirst
            ? RunDirectory.Open(request.Output, RecipeFile.Resolve(recipe), manifest, request.Resume)
            : null;
        if (run is not null)
        {
            Begin(run);
        }
        if (level != Recomputation.None && request.Backend is null)
        {
            Notify(
                $"To stay within {TrainPlan.Text(plan.Budget)}, the backward pass recomputes {TrainPlan.Describe(level)}; "
                    + "farsight plan shows the figures.");
        }
        IPreferenceObjective objective = recipe.Objective;
        bool needsShort = objective.ReferenceIsShort || objective is { ReadsShort: true, NeedsReference: true };
        IReadOnlyDictionary<string, PreferenceLogProbs> afterShort = needsShort
            ? inputs.ReadShortReference(objective, arithmetic, Told(TrainingPartKind.Reference), ranks, cancel)
            : new Dictionary<string, PreferenceLogProbs>();
        IReadOnlyDictionary<string, IReadOnlyList<TeacherFile.Top>> teacherTokens =
            inputs.ReadTeacher(objective.Distillation, Told(TrainingPartKind.Teacher), ranks, cancel);
        using LiveTeacher? liveTeacher = inputs.OpenLiveTeacher(objective.Distillation, ranks);
        NumberFormat? weights = recipe.Weights?.ToNumberFormat();
        // A device converts to formats of single values itself, and takes blocks from the host.
        bool hostConverts = request.Backend is null || weights?.ValuesPerBlock > 1;
        using DecoderModel model = ModelLoader.Load(inputs.BaseModel, inputs.Rope, hostConverts ? weights : null);
        model.Arithmetic = arithmetic;
        MakeTrainable(model, recipe.Lora, recipe.Seed);
        using IDeviceModel? onDevice = request.Backend?.Load(model, hostConverts ? null : weights, recipe.Attention);
        if (recipe.SegmentMemory is { } memory)
        {
            model.SegmentMemory = SegmentMemory.Create(model, memory, recipe.Seed);
        }
        ITrainable trainable = onDevice
            ?? (recipe.SegmentMemory is null
                ? new TrainableModel(model, level, recipe.Attention, grid.Context)
                : (ITrainable)new SegmentedModel(model, level));
        SampleTokens[] samples = [.. inputs.Training, .. inputs.HeldOut];
        PreferenceSamples measured = new(
            inputs.Training,
            inputs.HeldOut,
            objective is { NeedsReference: true, ReferenceIsShort: false }
                ? ReferenceLogProbs.ReadOrCompute(
                    run?.Reference ?? "reference.jsonl of rank 0", trainable, samples, objective.RejectedResponses, cancel, grid,
                    Told(TrainingPartKind.Reference))
                : afterShort)
        {
            ShortTurns = inputs.ShortTurns,
            ShortReference = afterShort,
            Teacher = liveTeacher?.Current ?? teacherTokens,
        };
        KlEstimate? kl = objective.NeedsKlEstimate ? Estimate() : null;
        RejectedResampler? resampler = recipe.Resample is { } resample
            ? new(model, inputs.Format, inputs.TrainingSamples, resample, recipe.Seed, run?.Resampled ?? "responses of rank 0", ranks)
            {
                Steps = recipe.Steps,
            }
            : null;
        using DecoderModel? before = objective is ISampledObjective { ReadsReference: true }
            ? ModelLoader.Load(inputs.BaseModel, inputs.Rope, recipe.Weights?.ToNumberFormat())
            : null;
        before?.Arithmetic = arithmetic;
        OnPolicySampler? sampler = objective is ISampledObjective onPolicy
            ? new(
                model, trainable, inputs.Format, inputs.TrainingSamples, onPolicy, recipe.Seed, run?.Resampled ?? "responses of rank 0",
                grid)
            {
                Steps = recipe.Steps,
                Reference = before is null ? null : new TrainableModel(before, context: grid.Context),
            }
            : null;
        PreferenceTraining work = TrainInputs.Work(recipe, measured, resampler, sampler, kl, liveTeacher, inputs.CurriculumOf(recipe));
        TrainingOptions options = new(recipe.Steps, recipe.EvalEvery, recipe.CheckpointEvery, recipe.Optimizer, recipe.Schedule);
        TrainingOutput files = new(model, recipe.Lora, recipe.BaseModel, inputs.BaseModel, recipe.Positions.Window ?? 0);
        SampleWatch? answers = recipe.Watch is { Samples: > 0 } watch
            ? new(model, inputs.Format, [.. inputs.HeldOutSamples.Take(watch.Samples)], watch.MaxNewTokens, Told(TrainingPartKind.Answers))
            : null;
        using TensorBoardLog? board = run is not null && request.WritesTensorBoard ? new(Path.Combine(run.Root, "tensorboard")) : null;
        ITrainingWatch? watcher = run is null ? null : new TrainingWatch(recipe, run, files, answers, board, note);
        using (TrainingLoop loop = new(trainable, work, options, run, grid) { Watch = watcher, Parts = request.Parts })
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
        if (recipe.SegmentMemory is not null)
        {
            Notify("The result has a segment memory. Read prompts with the context method hmt; without it, the memory is not used.");
        }
        return made;

        KlEstimate Estimate()
        {
            SampleTokens[] mismatched = [.. KlEstimate.Mismatch(inputs.Training), .. KlEstimate.Mismatch(inputs.HeldOut)];
            string path = run is null ? "the reference of rank 0" : Path.Combine(run.Root, "reference-mismatched.jsonl");
            IReadOnlyDictionary<string, PreferenceLogProbs> reference =
                ReferenceLogProbs.ReadOrCompute(path, trainable, mismatched, 0, cancel, grid, Told(TrainingPartKind.Reference));
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

        Action<int, int>? Told(TrainingPartKind kind) =>
            request.Parts is { } parts ? (done, total) => parts(new(kind, done, total)) : null;

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

    /// <summary>Attaches an adapter to a model, or makes every weight trainable without one.</summary>
    /// <exception cref="InputException">The model lacks a module of the adapter.</exception>
    internal static void MakeTrainable(DecoderModel model, LoraOptions? adapter, int seed)
    {
        if (adapter is { } lora)
        {
            IReadOnlyList<string> targets = LinearShape.TargetsOf(model.Config);
            if (lora.Targets.Except(targets).FirstOrDefault() is { } missing)
            {
                throw new InputException(
                    $"lora.targets: the model has no layers named {missing}; use some of {string.Join(", ", targets)}.");
            }
            model.AttachLora(lora, seed);
        }
        else
        {
            model.TrainEverything();
        }
    }
}
