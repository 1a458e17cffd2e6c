using Farsight.Alignment.Answering;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.LongPo;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Train;
using static System.FormattableString;

namespace Farsight.Workflows.Evolve;

/// <summary>
/// Carries out an <see cref="EvolveRecipe"/>: data by the current model, reference, training, merging, measuring, and again with a longer
/// window.
/// </summary>
/// <remarks>
/// Every stage ends with a file that the next begins with, and continues from what it left, so an interrupted run is started again with the
/// same
/// command. Each iteration's folder holds data.jsonl, its reference, train.json (an ordinary train recipe), run/, model/ and eval/.
/// </remarks>
public sealed class EvolveRun
{
    const string SummaryName = "evolution.json",
        ReportName = "report.html",
        TrainName = "train.json",
        DataName = "data.jsonl",
        ModelName = "model";

    readonly EvolveRequest _request;
    readonly IProgress<StageProgress>? _progress;
    readonly Action<string> _note;
    readonly CancellationToken _cancel;
    readonly StageClock _clock;
    readonly string _base;

    EvolveRun(EvolveRequest request, string baseModel, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        (_request, _base, _note, _progress, _cancel) = (request, baseModel, note, progress, cancel);
        _clock = new(In("seconds.json"));
    }

    EvolveRecipe Recipe => _request.Recipe;

    /// <summary>Runs the remaining work.</summary>
    /// <param name="request">Recipe and folder.</param>
    /// <param name="note">Receives messages for people.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancel">Finishes the step or example, saves and stops; the same call continues.</param>
    /// <exception cref="InputException">Model, documents and recipe do not fit together, or the folder holds something else.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static EvolveVerdict Start(
        EvolveRequest request,
        Action<string> note,
        IProgress<StageProgress>? progress,
        CancellationToken cancel)
    {
        EvolveRecipe recipe = request.Recipe;
        string baseModel = RecipeFile.LocateModel(request.RecipePath, "base_model", recipe.BaseModel);
        EvolveWindows.Check(recipe, ModelFiles.ReadConfig(baseModel));
        RunManifest manifest = RunManifest.OfThisProcess("evolve", recipe.Seed, HashInputs(request, baseModel));
        using RunDirectory directory = RunDirectory.Open(request.Output, RecipeFile.Resolve(recipe), manifest, resume: true);
        foreach (string difference in directory.Notes)
        {
            note($"{difference}: the last bits of the results may differ from those of an uninterrupted run.");
        }
        return new EvolveRun(request, baseModel, note, progress, cancel).Run();
    }

    EvolveVerdict Run()
    {
        string documents = "";
        _clock.Measure("documents", () => documents = Documents());
        List<ModelResults> models = [new("base", BaseConfig.MaxPositionEmbeddings, Measure("base", _base, null))];
        if (Recipe.Iterations[^1].Rope is { } rope)
        {
            models.Add(
                new($"base, {rope} alone", Recipe.Iterations[^1].Window, Measure("rope-alone", _base, RopeOption.Parse(rope, BaseConfig))));
        }
        string current = _base;
        foreach ((int i, EvolveIteration iteration) in Recipe.Iterations.Index())
        {
            string name = EvolveSummary.Name(i), folder = Folder(i);
            Directory.CreateDirectory(folder);
            _clock.Measure("data", () => Synthesize(iteration, name, current, documents, Path.Combine(folder, DataName)));
            string trained = "";
            _clock.Measure("training", () => trained = Train(i, iteration, current));
            _clock.Measure("merging", () => current = Merge(current, trained, folder, name));
            models.Add(new(name, iteration.Window, Measure(Path.GetFileName(folder), current, null)));
        }
        return Conclude(models, current);
    }

    string Documents()
    {
        if (Recipe.Documents.Path is { } path)
        {
            return RecipeFile.Locate(_request.RecipePath, "documents.path", path);
        }
        string folder = In("documents");
        if (!Directory.Exists(folder) || !Directory.EnumerateFiles(folder, "*.jsonl").Any())
        {
            int count = Recipe.Documents.Count!.Value;
            new FictionFolder(folder, count, Recipe.Documents.Words!.Value, Recipe.Seed, FictionFormat.Jsonl, Force: true)
                .Write(new SynchronousProgress<int>(done => _progress?.Report(new("documents", "inventing", done, count, ""))), _cancel);
        }
        return folder;
    }

    void Synthesize(EvolveIteration iteration, string name, string model, string documents, string file)
    {
        if (File.Exists(file))
        {
            return;
        }
        LongPoOptions options = new(model, documents, iteration.Samples, Recipe.Seed, file)
        {
            Questions = Recipe.Questions,
            Turns = iteration.Turns,
            DocumentTokens = iteration.DocumentTokens,
            ChunkTokens = iteration.ChunkTokens,
            MinChunkTokens = iteration.MinChunkTokens,
        };
        options = Recipe.Temperature is { } temperature ? options with { Temperature = temperature } : options;
        SynthesisSummary<LongPoSettings> made = SynthesisRun.Start(
            options,
            new SynchronousProgress<SynthesisProgress>(p => _progress?.Report(StageProgress.Of("data", name, p))),
            _cancel);
        if (made.Counts.Written < iteration.Samples)
        {
            _note(
                Invariant(
                    $"{name}: {made.Counts.Tried} tries gave {made.Counts.Written} of {iteration.Samples} samples. ")
                    + Invariant($"{Recipe.HeldOut} of them are held out; {file}.summary.json lists why the others were dropped."));
        }
    }

    /// <summary>Trains an iteration and returns the folder of the adapter, or of the model if every weight is trained.</summary>
    string Train(int index, EvolveIteration iteration, string model)
    {
        string folder = Folder(index),
            run = Path.Combine(folder, "run"),
            made = Path.Combine(run, Recipe.Lora is null ? ModelName : "adapter");
        if (Directory.Exists(made))
        {
            return made;
        }
        TrainRecipe recipe = Recipe.TrainingOf(
            iteration,
            index == 0 ? Path.GetFullPath(model) : Path.GetRelativePath(folder, model),
            DataName);
        string path = Path.Combine(folder, TrainName),
            name = EvolveSummary.Name(index);
        AtomicFile.WriteText(path, RecipeFile.Resolve(recipe));
        return TrainRun.Start(
            new(recipe, path, run, Resume: true, _request.MemoryBytes)
            {
                Backend = _request.Backend,
                ReferenceProgress = (done, all) => _progress?.Report(new("reference", name, done, all, "")),
            },
            text => _note($"{name}: {text}"),
            new SynchronousProgress<TrainingProgress>(p => _progress?.Report(StageProgress.Of("training", name, p))),
            _cancel);
    }

    /// <summary>Merges the adapter and returns the model for the next iteration.</summary>
    string Merge(string model, string trained, string folder, string name)
    {
        string merged = Path.Combine(folder, ModelName);
        if (Recipe.Lora is null)
        {
            return trained;
        }
        if (!Directory.Exists(merged))
        {
            new AdapterMerge(model, trained, merged, NumberFormat.BF16).Write(
                (done, all) => _progress?.Report(new("merging", name, done, all, "")),
                _cancel);
        }
        return merged;
    }

    EvalResults Measure(string folder, string model, RopeScaling? rope)
    {
        string directory = Path.Combine(_request.Output, folder, "eval");
        if (File.Exists(Path.Combine(directory, EvalFiles.ResultsName)))
        {
            return EvalFiles.ReadResults(directory);
        }
        EvalResults? results = null;
        _clock.Measure(
            "measuring",
            () =>
            {
                using LoadedModel loaded = LoadedModel.Open(model, null, rope);
                results = Measurement(_request, Windows).Run(
                    loaded,
                    directory,
                    new SynchronousProgress<EvalProgress>(p => _progress?.Report(StageProgress.Of("measuring", folder, p))),
                    _cancel);
            });
        return results!;
    }

    static EvalRequest Measurement(EvolveRequest request, IReadOnlyList<int> windows)
    {
        EvolveMeasurement measure = request.Recipe.Measure;
        string? documents = measure.Documents is { } path ? RecipeFile.Locate(request.RecipePath, "measure.documents", path) : null;
        return new(measure.Tasks, windows, measure.Depths, measure.Samples, request.Recipe.Seed, documents);
    }

    /// <summary>Returns SHA-256 of everything that the recipe names, by key.</summary>
    static Dictionary<string, string> HashInputs(EvolveRequest request, string baseModel)
    {
        Dictionary<string, string> hashes = new() { ["base_model"] = InputHash.OfModel(baseModel) };
        if (request.Recipe.Documents.Path is { } path)
        {
            hashes["documents.path"] = InputFiles.HashDocuments(RecipeFile.Locate(request.RecipePath, "documents.path", path));
        }
        EvalRequest measurement = Measurement(request, []);
        if (measurement.Documents is { } documents)
        {
            hashes["measure.documents"] = InputFiles.HashDocuments(documents);
        }
        if (InputFiles.HashData(measurement) is { } data)
        {
            hashes["the data of measure.tasks"] = data;
        }
        return hashes;
    }

    EvolveVerdict Conclude(List<ModelResults> models, string current)
    {
        AtomicFile.WriteText(In(SummaryName), EvolveSummary.ToJson(Recipe, models));
        ReportWriter.Write(In(ReportName), EvolveSummary.Report(Recipe, models, i => Path.Combine(Folder(i), "run")));
        return new(models, current, In(SummaryName), In(ReportName), _clock.Seconds);
    }

    ModelConfig BaseConfig => ModelFiles.ReadConfig(_base);

    int[] Windows => [BaseConfig.MaxPositionEmbeddings, .. Recipe.Iterations.Select(it => it.Window)];

    string Folder(int index) => In(Invariant($"iteration-{index + 1}"));

    string In(string name) => Path.Combine(_request.Output, name);
}
