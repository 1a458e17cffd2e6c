using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.LongPo;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Communication;
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
/// same command. Each iteration's folder holds data.jsonl, its reference, train.json (an ordinary train recipe), run/, model/ and eval/.
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

    Communicator Ranks => _request.Ranks;

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
        RequireAgreement(request);
        using RunDirectory directory = RunDirectory.Open(request.Output, RecipeFile.Resolve(recipe), manifest, resume: true);
        foreach (string difference in directory.Notes)
        {
            note($"{difference}: the last bits of the results may differ from those of an uninterrupted run.");
        }
        EvolveVerdict verdict = new EvolveRun(request, baseModel, note, progress, cancel).Run();
        request.Ranks.Broadcast((string?)null);
        return verdict;
    }

    /// <summary>Takes part in the stages of rank 0's <see cref="Start"/>.</summary>
    /// <param name="request">As rank 0 has it.</param>
    /// <param name="cancel">As for <see cref="Start"/>.</param>
    /// <exception cref="InputException">A stage failed, or the ranks differ.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Follow(EvolveRequest request, CancellationToken cancel)
    {
        RequireAgreement(request);
        string baseModel = RecipeFile.LocateModel(request.RecipePath, "base_model", request.Recipe.BaseModel);
        EvolveRun run = new(request, baseModel, _ => { }, null, cancel);
        while (request.Ranks.Broadcast((string?)null) is { } text)
        {
            DividedStage stage = JsonSerializer.Deserialize<DividedStage>(text)!;
            if (stage.Kind == StageKind.Measuring)
            {
                using LoadedModel loaded = LoadedModel.Open(stage.Model, null, run.RopeOf(stage.Rope));
                run.Measurement([]).Serve(loaded);
            }
            else if (stage.Kind == StageKind.Data)
            {
                SynthesisRun.Serve(run.DataOptions(run.Recipe.Iterations[stage.Iteration], stage.Model, "", ""));
            }
            else
            {
                TrainRun.Start(run.Training(stage.Iteration, stage.Model), _ => { }, null, cancel);
            }
        }
    }

    static void RequireAgreement(EvolveRequest request)
    {
        if (request.Ranks.Size > 1)
        {
            RunManifest manifest = RunManifest.OfThisProcess("evolve", request.Recipe.Seed, new Dictionary<string, string>());
            RankAgreement.Require(request.Ranks, manifest, ("recipe", RecipeFile.Resolve(request.Recipe)));
            RankAgreement.RequireShared(request.Ranks, request.Output);
        }
    }

    /// <summary>Tells the other ranks which stage begins.</summary>
    void Announce(DividedStage stage) => Ranks.Broadcast(JsonSerializer.Serialize(stage));

    RopeScaling? RopeOf(string? rope) => rope is null ? null : RopeOption.Parse(rope, BaseConfig);

    EvolveVerdict Run()
    {
        string documents = "";
        _clock.Measure("documents", () => documents = Documents());
        List<ModelResults> models = [new("base", BaseConfig.MaxPositionEmbeddings, Measure("base", _base, null))];
        if (Recipe.Iterations[^1].Rope is { } rope)
        {
            models.Add(
                new($"base, {rope} alone", Recipe.Iterations[^1].Window, Measure("rope-alone", _base, rope)));
        }
        string current = _base;
        foreach ((int i, EvolveIteration iteration) in Recipe.Iterations.Index())
        {
            string name = EvolveSummary.Name(i), folder = Folder(i);
            Directory.CreateDirectory(folder);
            _clock.Measure("data", () => Synthesize(i, name, current, documents, Path.Combine(folder, DataName)));
            string trained = "";
            _clock.Measure("training", () => trained = Train(i, current));
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

    LongPoOptions DataOptions(EvolveIteration iteration, string model, string documents, string file)
    {
        LongPoOptions options = new(model, documents, iteration.Samples, Recipe.Seed, file)
        {
            Ranks = Ranks,
            Questions = Recipe.Questions,
            Turns = iteration.Turns,
            DocumentTokens = iteration.DocumentTokens,
            ChunkTokens = iteration.ChunkTokens,
            MinChunkTokens = iteration.MinChunkTokens,
        };
        return Recipe.Temperature is { } temperature ? options with { Temperature = temperature } : options;
    }

    void Synthesize(int index, string name, string model, string documents, string file)
    {
        if (File.Exists(file))
        {
            return;
        }
        EvolveIteration iteration = Recipe.Iterations[index];
        Announce(new(StageKind.Data, model, index, null));
        SynthesisSummary<LongPoSettings> made = SynthesisRun.Start(
            DataOptions(iteration, model, documents, file),
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
    string Train(int index, string model)
    {
        TrainRequest request = Training(index, model);
        string made = Path.Combine(request.Output, Recipe.Lora is null ? ModelName : "adapter"), name = EvolveSummary.Name(index);
        if (Directory.Exists(made))
        {
            return made;
        }
        AtomicFile.WriteText(request.RecipePath, RecipeFile.Resolve(request.Recipe));
        Announce(new(StageKind.Training, model, index, null));
        return TrainRun.Start(
            request with { Parts = part => StageProgress.Tell(_progress, "training", name, part) },
            text => _note($"{name}: {text}"),
            new SynchronousProgress<TrainingProgress>(p => _progress?.Report(StageProgress.Of("training", name, p))),
            _cancel);
    }

    TrainRequest Training(int index, string model)
    {
        string folder = Folder(index);
        TrainRecipe recipe = Recipe.TrainingOf(
            Recipe.Iterations[index],
            index == 0 ? Path.GetFullPath(model) : Path.GetRelativePath(folder, model),
            DataName);
        return new(recipe, Path.Combine(folder, TrainName), Path.Combine(folder, "run"), Resume: true, _request.MemoryBytes)
        {
            Ranks = Ranks,
            Backend = _request.Backend,
        };
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

    EvalResults Measure(string folder, string model, string? rope)
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
                Announce(new(StageKind.Measuring, model, 0, rope));
                using LoadedModel loaded = LoadedModel.Open(model, null, RopeOf(rope));
                results = Measurement(Windows).Run(
                    loaded,
                    directory,
                    new SynchronousProgress<EvalProgress>(p => _progress?.Report(StageProgress.Of("measuring", folder, p))),
                    _cancel);
            });
        return results!;
    }

    EvalRequest Measurement(IReadOnlyList<int> windows) => Measurement(_request, windows) with { Ranks = Ranks };

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

    enum StageKind
    {
        Measuring,
        Data,
        Training,
    }

    /// <summary>Represents a stage that the ranks divide.</summary>
    /// <param name="Kind">The kind of work.</param>
    /// <param name="Model">Folder of the model.</param>
    /// <param name="Iteration">Index of the iteration; 0 where there is none.</param>
    /// <param name="Rope">RoPE scaling in place of the model's; null for its own.</param>
    sealed record DividedStage(StageKind Kind, string Model, int Iteration, string? Rope);
}
