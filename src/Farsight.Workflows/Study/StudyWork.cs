using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;
using Farsight.Text.Conversations;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>Trains and measures the models of a study, one at a time.</summary>
sealed class StudyWork(
    StudyPlan plan, StudyPaths paths, long? memoryBytes, IModelBackend? backend, Action<string> note, IProgress<StageProgress>? progress,
    CancellationToken cancel)
{
    readonly Dictionary<string, string> _refused = [];
    readonly Dictionary<string, string?> _hashes = [];

    /// <summary>Reasons for refused evaluations, by directory.</summary>
    internal IReadOnlyDictionary<string, string> Refused => _refused;

    /// <summary>Checks the inputs of every variant and measurement after the preparation.</summary>
    /// <returns>What each trained variant takes, by its folder's name.</returns>
    /// <exception cref="InputException">Something is missing, damaged, too large or does not fit together.</exception>
    internal IReadOnlyDictionary<string, TrainPlan> Check()
    {
        foreach (StudyMeasure measure in plan.Recipe.Measure)
        {
            EvalRequest request = Request(measure, null, null);
            request.Check();
            _ = DocumentsOf(request); // refuses what cannot be read
        }
        Dictionary<(string, string, int, string?), TrainInputs> read = [];
        Dictionary<string, TrainPlan> plans = [];
        HashSet<string> bases = new(StringComparer.Ordinal);
        List<string> notices = [];
        foreach (PlannedVariant variant in plan.Variants)
        {
            if (variant.IsTrained)
            {
                plans[variant.Slug] = Plan(variant, read);
            }
            else if (BaseModel(variant.Recipe) is var model && bases.Add(model))
            {
                notices.AddRange(ModelFileNotices.Of(model));
            }
        }
        notices.AddRange(read.Values.SelectMany(i => i.Notices));
        foreach (string notice in notices.Distinct(StringComparer.Ordinal))
        {
            note(notice);
        }
        return plans;
    }

    TrainPlan Plan(PlannedVariant variant, Dictionary<(string, string, int, string?), TrainInputs> read)
    {
        TrainRecipe recipe = variant.RecipeFromBase with { Seed = plan.Recipe.Seeds[0] };
        (string, string, int, string?) key = (recipe.BaseModel, recipe.Data, recipe.HeldOut, recipe.Rope);
        try
        {
            TrainInputs inputs = read.TryGetValue(key, out TrainInputs? known)
                ? known
                : read[key] = TrainInputs.Read(recipe, plan.BasePath, paths.Root);
            TrainPlan needs = TrainPlan.Of(recipe, inputs, memoryBytes);
            if (backend is not null)
            {
                DevicePlan.Require(recipe, needs, inputs.BaseModel, backend, memoryBytes);
            }
            else
            {
                needs.Require();
            }
            Dictionary<string, string> now = new() { ["data"] = inputs.DataHash };
            if (variant.After is null)
            {
                now["base_model"] = Hash(inputs.BaseModel);
            }
            RefuseOtherInputs(variant, now);
            return needs;
        }
        catch (InputException e)
        {
            throw new InputException($"Variant '{variant.Name}' cannot be trained: {e.Message}", e);
        }
    }

    /// <summary>Compares the inputs of finished runs, which are not opened again.</summary>
    void RefuseOtherInputs(PlannedVariant variant, Dictionary<string, string> now)
    {
        foreach (StudyJob job in plan.Jobs.Where(j => j.Variant == variant))
        {
            string manifest = Path.Combine(paths.RunOf(job), "manifest.json");
            if (!File.Exists(manifest))
            {
                continue;
            }
            IReadOnlyDictionary<string, string> then = RunManifest.Parse(RegularFile.ReadAllText(manifest)).Inputs;
            if (now.Keys.FirstOrDefault(key => then.GetValueOrDefault(key) != now[key]) is { } changed)
            {
                throw new InputException(
                    $"{changed} has changed since the run in {paths.RunOf(job)} was started; "
                        + "restore the old files, or remove the run and its evaluations.");
            }
        }
    }

    /// <summary>Does the remaining training and measurements of a job.</summary>
    /// <returns>Whether there was anything to do; null if the model that the job starts from is not trained yet.</returns>
    /// <exception cref="InUseException">A command of its own works on the run or the evaluation.</exception>
    internal bool? Do(StudyJob job)
    {
        if (File.Exists(paths.FailureOf(job)))
        {
            return false;
        }
        if (job.Start is { } start)
        {
            if (File.Exists(paths.FailureOf(start)))
            {
                Fail(job, $"It starts from the model of {start.Title}, whose training failed.");
                return true;
            }
            if (!Directory.Exists(paths.MadeOf(start, start.Variant.Recipe.Steps)))
            {
                return null;
            }
            Merge(start);
        }
        bool isNew = job.Seed is not null && !Directory.Exists(paths.MadeOf(job, job.Variant.Recipe.Steps));
        if (isNew && !Train(job))
        {
            return true;
        }
        foreach (StudyMeasure measure in plan.Recipe.Measure)
        {
            foreach (int? step in StepsOf(job, measure))
            {
                isNew |= Measure(job, measure, step);
            }
        }
        return isNew;
    }

    /// <summary>Returns the steps after which a model is measured; null is the model before training.</summary>
    internal static IEnumerable<int?> StepsOf(StudyJob job, StudyMeasure measure) =>
        job.Seed is null ? [null] : measure.StepsOf(job.Variant.Recipe.Steps).Select(s => (int?)s);

    /// <summary>Trains a model; returns false if the run failed.</summary>
    bool Train(StudyJob job)
    {
        try
        {
            TrainRequest request = new(job.Recipe, plan.BasePath, paths.RunOf(job), Resume: true, memoryBytes)
            {
                Folder = paths.Root,
                Backend = backend,
                NotesInputs = false, // Check has noted them
                Parts = part => StageProgress.Tell(progress, "train", job.Title, part),
            };
            TrainRun.Start(
                request,
                text => note($"{job.Title}: {text}"),
                new SynchronousProgress<TrainingProgress>(p => progress?.Report(StageProgress.Of("train", job.Title, p))),
                cancel);
            return true;
        }
        catch (Exception e) when (e is DivergedException or TrainingStoppedException)
        {
            Fail(job, e.Message);
            return false;
        }
    }

    void Fail(StudyJob job, string reason)
    {
        AtomicFile.WriteText(paths.FailureOf(job), reason + "\n");
        note($"{job.Title}: {reason}");
    }

    /// <summary>Writes the whole model of a trained adapter, in F32 so that nothing of the adapter is lost.</summary>
    void Merge(StudyJob job)
    {
        string output = paths.Out(StudyPaths.ModelOf(job));
        using FileStream mine = StudyLock.Take(paths.LockOf($"{job.Variant.Slug}-{job.SeedName}-merge"), () => { }, cancel);
        if (!File.Exists(Path.Combine(output, "config.json")))
        {
            string adapter = paths.MadeOf(job, job.Variant.Recipe.Steps);
            new AdapterMerge(BaseModel(job.Recipe), adapter, output, NumberFormat.F32).Write(cancel: cancel);
        }
    }

    /// <summary>Measures a model; returns false if the results exist.</summary>
    bool Measure(StudyJob job, StudyMeasure measure, int? step)
    {
        string directory = paths.EvaluationOf(job, measure, step), model = BaseModel(job.Recipe);
        string? made = step is { } s ? paths.MadeOf(job, s) : null;
        MeasuredInputs inputs = InputsOf(job, measure, model, made);
        if (IsMeasured(directory, inputs))
        {
            return false;
        }
        AtomicFile.WriteText(StudyPaths.WeightsOf(directory), JsonSerializer.Serialize(inputs, RecipeFile.Json) + "\n");
        try
        {
            using LoadedModel loaded = Open(job, model, made);
            Request(measure, HeadScores(job, measure, step), job.Variant)
                .Run(
                    loaded,
                    directory,
                    new SynchronousProgress<EvalProgress>(p => progress?.Report(StageProgress.Of("eval", job.Title, p))),
                    cancel);
            _refused.Remove(directory);
        }
        catch (InputException e) when (e is not InUseException)
        {
            _refused[directory] = e.Message;
            note($"{job.Title}: {e.Message}");
        }
        return true;
    }

    /// <summary>Tells whether the evaluation is complete, for the current weights and texts.</summary>
    static bool IsMeasured(string directory, MeasuredInputs inputs)
    {
        if (!File.Exists(Path.Combine(directory, EvalFiles.ResultsName)))
        {
            return false;
        }
        string file = StudyPaths.WeightsOf(directory);
        if (!File.Exists(file))
        {
            throw new InputException(
                $"{directory} was measured by an earlier version of Farsight, which did not record the measured weights; "
                    + "remove it to measure again.");
        }
        return MeasuredInputs.Read(file).DifferenceTo(inputs) is not { } other
            ? true
            : throw new InputException($"{directory} was measured with other {other}; remove it to measure again.");
    }

    MeasuredInputs InputsOf(StudyJob job, StudyMeasure measure, string model, string? made)
    {
        EvalRequest request = Request(measure, null, null);
        return new(
            job.Variant.Recipe.Lora is null && made is not null ? null : Hash(model),
            made is null ? null : Hash(made),
            DocumentsOf(request),
            Remembered(measure.Slug, _ => InputFiles.HashData(request)),
            job.Variant.Positions,
            EvalDecoding.CanonicalMethod(job.Variant.ContextMethod));
    }

    static LoadedModel Open(StudyJob job, string model, string? made) => made is null
        ? LoadedModel.Open(model, null, RopeOption.Parse(job.Variant.Rope, ModelFiles.ReadConfig(model)))
        : job.Variant.Recipe.Lora is null ? LoadedModel.Open(made) : LoadedModel.Open(model, made);

    /// <summary>Returns the directory of the earlier evaluation that ranked the heads of the same model.</summary>
    string? HeadScores(StudyJob job, StudyMeasure measure, int? step) =>
        !measure.NeedsScores
            ? null
            : plan.Recipe.Measure.Where(m => m.RanksHeads)
                .Select(m => paths.EvaluationOf(job, m, step))
                .FirstOrDefault(d => File.Exists(Path.Combine(d, Evaluation.Core.HeadScores.FileName)))
                ?? throw new InputException("The heads cannot be ranked: the measurement of retrieval heads found none. Name the heads "
                    + "in mask_heads instead.");

    EvalRequest Request(StudyMeasure measure, string? headScores, PlannedVariant? variant) =>
        measure.Request(
            measure.Documents is { } documents ? paths.Find("documents", documents) : null,
            measure.Data is { } data ? paths.Find("data", data) : null,
            headScores,
            variant?.Positions,
            variant?.ContextMethod);

    string BaseModel(TrainRecipe recipe) => RecipeFile.LocateModel(plan.BasePath, "base_model", recipe.BaseModel, paths.Root);

    string? DocumentsOf(EvalRequest request) =>
        request.Documents is { } documents ? Remembered(documents, InputFiles.HashDocuments) : null;

    string Hash(string model) => Remembered(model, InputHash.OfModel)!;

    string? Remembered(string name, Func<string, string?> hash) =>
        _hashes.TryGetValue(name, out string? known) ? known : _hashes[name] = hash(name);
}

/// <summary>Represents the weights and texts of an evaluation, stored beside its directory.</summary>
/// <param name="BaseModel">SHA-256 of the base model's files; null if every weight was trained.</param>
/// <param name="Trained">SHA-256 of the files of the adapter or the trained model; null before training.</param>
/// <param name="Documents">SHA-256 of the documents of the haystack; null for invented ones, or if they were not recorded.</param>
/// <param name="Data">SHA-256 of the benchmarks' data; null for none, or if they were not recorded.</param>
/// <param name="Positions">Positions of the variant's prompts; null for those of the measurement.</param>
/// <param name="ContextMethod">Context method of the variant with all options; null for that of the measurement.</param>
sealed record MeasuredInputs(
    string? BaseModel,
    string? Trained,
    string? Documents = null,
    string? Data = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Positions = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ContextMethod = null)
{
    /// <summary>Returns what differs: weights, documents, data, positions or context method; null for nothing.</summary>
    internal string? DifferenceTo(MeasuredInputs now) =>
        (BaseModel, Trained) != (now.BaseModel, now.Trained) ? "weights"
        : Documents is not null && Documents != now.Documents ? "documents"
        : Data is not null && Data != now.Data ? "benchmark data"
        : Positions != now.Positions ? "positions"
        : ContextMethod != now.ContextMethod ? "options of the context method"
        : null;

    /// <exception cref="InputException">The file is damaged.</exception>
    internal static MeasuredInputs Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<MeasuredInputs>(RegularFile.ReadAllText(file), RecipeFile.Json)
                ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new InputException($"{file} is damaged; remove it and the evaluation beside it to measure again.", e);
        }
    }
}
