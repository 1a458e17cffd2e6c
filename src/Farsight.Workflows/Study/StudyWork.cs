using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>Trains and measures the models of a study, one at a time.</summary>
sealed class StudyWork(
    StudyPlan plan, StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StudyProgress>? progress, CancellationToken cancel)
{
    readonly Dictionary<string, string> _refused = [];
    readonly Dictionary<string, string> _hashes = [];

    /// <summary>Why an evaluation could not be made, by its directory.</summary>
    internal IReadOnlyDictionary<string, string> Refused => _refused;

    /// <summary>Looks at everything that every variant and measurement reads, now that it is prepared.</summary>
    /// <returns>What each trained variant takes, by its folder's name.</returns>
    /// <exception cref="InputException">Something is missing, damaged, too large or does not fit together.</exception>
    internal IReadOnlyDictionary<string, TrainPlan> Check()
    {
        foreach (StudyMeasure measure in plan.Recipe.Measure)
        {
            Request(measure, null).Check();
        }
        Dictionary<(string, string, int, string?), TrainInputs> read = [];
        Dictionary<string, TrainPlan> plans = [];
        foreach (PlannedVariant variant in plan.Variants)
        {
            _ = BaseModel(variant);
            if (variant.IsTrained)
            {
                plans[variant.Slug] = Plan(variant, read);
            }
        }
        return plans;
    }

    TrainPlan Plan(PlannedVariant variant, Dictionary<(string, string, int, string?), TrainInputs> read)
    {
        TrainRecipe recipe = variant.Recipe with { Seed = plan.Recipe.Seeds[0] };
        (string, string, int, string?) key = (recipe.BaseModel, recipe.Data, recipe.HeldOut, recipe.Rope);
        try
        {
            TrainInputs inputs = read.TryGetValue(key, out TrainInputs? known)
                ? known
                : read[key] = TrainInputs.Read(recipe, plan.BasePath, paths.Root);
            TrainPlan needs = TrainPlan.Of(recipe, inputs, memoryBytes);
            needs.Require();
            RefuseOtherData(variant, inputs.DataHash);
            return needs;
        }
        catch (InputException e)
        {
            throw new InputException($"Variant '{variant.Name}' cannot be trained: {e.Message}", e);
        }
    }

    /// <summary>A run that is finished is not opened again, so its data are compared here.</summary>
    void RefuseOtherData(PlannedVariant variant, string hash)
    {
        foreach (StudyJob job in plan.Jobs.Where(j => j.Variant == variant))
        {
            string manifest = Path.Combine(paths.RunOf(job), "manifest.json");
            if (File.Exists(manifest) && RunManifest.Parse(File.ReadAllText(manifest)).Inputs.GetValueOrDefault("data") != hash)
            {
                throw new InputException(
                    $"data has changed since the run in {paths.RunOf(job)} was started; put the old file back, or remove the run and its evaluations."
                );
            }
        }
    }

    /// <summary>Trains what is not trained and measures what is not measured.</summary>
    /// <returns>Whether there was anything to do.</returns>
    /// <exception cref="InUseException">A command of its own works on the run or the evaluation.</exception>
    internal bool Do(StudyJob job)
    {
        if (File.Exists(paths.FailureOf(job)))
        {
            return false;
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

    /// <summary>After which steps a model is measured; null is the model before training.</summary>
    internal static IEnumerable<int?> StepsOf(StudyJob job, StudyMeasure measure) =>
        job.Seed is null ? [null] : measure.StepsOf(job.Variant.Recipe.Steps).Select(s => (int?)s);

    /// <summary>False where the run cannot come to its end.</summary>
    bool Train(StudyJob job)
    {
        try
        {
            TrainRequest request = new(job.Recipe, plan.BasePath, paths.RunOf(job), Resume: true, memoryBytes)
            {
                Folder = paths.Root,
                ReferenceProgress = (done, all) => progress?.Report(new("reference", job.Title, done, all, "")),
            };
            TrainRun.Start(
                request,
                text => note($"{job.Title}: {text}"),
                new Relay<TrainingProgress>(p => progress?.Report(new("train", job.Title, p.Line.Step, p.Steps, Loss(p)))),
                cancel);
            return true;
        }
        catch (Exception e) when (e is DivergedException or TrainingStoppedException)
        {
            AtomicFile.WriteText(paths.FailureOf(job), e.Message + "\n");
            note($"{job.Title}: {e.Message}");
            return false;
        }
    }

    /// <summary>False where it was measured before.</summary>
    bool Measure(StudyJob job, StudyMeasure measure, int? step)
    {
        string directory = paths.EvaluationOf(job, measure, step), model = BaseModel(job.Variant);
        string? made = step is { } s ? paths.MadeOf(job, s) : null;
        if (IsMeasured(directory, model, made, job))
        {
            return false;
        }
        try
        {
            using LoadedModel loaded = Open(job, model, made);
            Request(measure, HeadScores(job, measure, step))
                .Run(
                    loaded,
                    directory,
                    new Relay<EvalProgress>(p =>
                        progress?.Report(
                            new(
                                "eval",
                                job.Title,
                                p.Done,
                                p.Total ?? 0,
                                p.Length is { } length ? string.Create(CultureInfo.InvariantCulture, $"{p.Task} at {length}") : p.Task))),
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

    /// <summary>Whether the evaluation came to its end, with the weights that are there now.</summary>
    bool IsMeasured(string directory, string model, string? made, StudyJob job)
    {
        if (!File.Exists(Path.Combine(directory, EvalFiles.ResultsName)))
        {
            return false;
        }
        string hashes =
            job.Variant.Recipe.Lora is null && made is not null ? Hash(made) : $"{Hash(model)}{(made is null ? "" : $"+{Hash(made)}")}";
        return EvalFiles.ReadResults(directory).Model.Contains($"({hashes})", StringComparison.Ordinal)
            ? true
            : throw new InputException(
                $"{directory} holds answers of other weights than those that {job.Title} has now; remove it to measure them.");
    }

    static LoadedModel Open(StudyJob job, string model, string? made) => made is null
        ? LoadedModel.Open(model, null, RopeOption.Parse(job.Variant.Rope, ModelFiles.ReadConfig(model)))
        : job.Variant.Recipe.Lora is null ? LoadedModel.Open(made) : LoadedModel.Open(model, made);

    /// <summary>The evaluation before this one that ranked the heads of the same model.</summary>
    string? HeadScores(StudyJob job, StudyMeasure measure, int? step) =>
        !measure.NeedsScores
            ? null
            : plan.Recipe.Measure.Where(m => m.RanksHeads)
                .Select(m => paths.EvaluationOf(job, m, step))
                .FirstOrDefault(d => File.Exists(Path.Combine(d, Evaluation.Core.HeadScores.FileName)))
                ?? throw new InputException("Which heads retrieve is not known: the measurement that would tell found none.");

    EvalRequest Request(StudyMeasure measure, string? headScores) =>
        measure.Request(
            measure.Documents is { } documents ? paths.Find("documents", documents) : null,
            measure.Data is { } data ? paths.Find("data", data) : null,
            headScores);

    string BaseModel(PlannedVariant variant) => RecipeFile.Locate(plan.BasePath, "base_model", variant.Recipe.BaseModel, paths.Root);

    string Hash(string path) => _hashes.TryGetValue(path, out string? hash) ? hash : _hashes[path] = InputHash.OfModel(path)[..8];

    static string Loss(TrainingProgress at) =>
        at.Line.Values.TryGetValue(PreferenceMetrics.Loss, out double loss)
            ? string.Create(CultureInfo.InvariantCulture, $"loss {loss:0.000}")
            : "";
}
