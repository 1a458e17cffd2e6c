using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Machine;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Evaluation.Benchmarks.Perplexity;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Train;
using static System.FormattableString;

namespace Farsight.Workflows.Demo;

/// <summary>
/// Runs the whole loop on the bundled model: documents, preference data that the model writes itself, training, evaluation, report.
/// </summary>
/// <remarks>Every stage continues from its files, so an interrupted demo is started again with the same command.</remarks>
public sealed class DemoRun
{
    const string OptionsName = "demo.json", PreferencesName = "preferences.jsonl", SummaryName = "summary.json", ReportName = "report.html";

    readonly DemoOptions _options;
    readonly Action<string> _note;
    readonly IProgress<StageProgress>? _progress;
    readonly CancellationToken _cancel;
    readonly StageClock _clock;

    DemoRun(DemoOptions options, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        (_options, _note, _progress, _cancel) = (options, note, progress, cancel);
        _clock = new(In("seconds.json"));
    }

    /// <summary>Runs what is left to do and returns the verdict.</summary>
    /// <param name="options">The options.</param>
    /// <param name="note">Receives messages for people, including the alarms of a training.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancel">Finishes the step or example, saves and stops.</param>
    /// <exception cref="InputException">The output folder holds something else, or the documents cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same call continues.</exception>
    public static DemoVerdict Start(
        DemoOptions options,
        Action<string> note,
        IProgress<StageProgress>? progress,
        CancellationToken cancel)
    {
        Enter(options);
        return new DemoRun(options, note, progress, cancel).Run();
    }

    DemoVerdict Run()
    {
        DemoDocuments? documents = null;
        _clock.Measure("documents", () => documents = DemoDocuments.Prepare(_options, _progress, _cancel));
        _clock.Measure("synth", () => Synthesize(documents!.Training));
        foreach (DemoVariant variant in DemoVariant.All.Where(v => v.Recipe is not null))
        {
            _clock.Measure("train", () => Train(variant));
        }
        List<(DemoVariant, EvalResults)> measured = [];
        foreach (DemoVariant variant in DemoVariant.All)
        {
            _clock.Measure("eval", () => measured.Add((variant, Evaluate(variant, documents!.Evaluation))));
        }

        DemoSummary summary = DemoSummary.Of(measured, _clock.Seconds);
        summary.Write(In(SummaryName));
        ReportWriter.Write(In(ReportName), Report(measured, summary));
        return new([.. measured], summary, In(SummaryName), In(ReportName));
    }

    void Synthesize(string documents)
    {
        string file = In(PreferencesName);
        if (!File.Exists(file))
        {
            LogoOptions options = new(_options.Model, documents, _options.Samples, _options.Seed, file);
            SynthesisRun.Start(
                options,
                new SynchronousProgress<SynthesisProgress>(p => _progress?.Report(StageProgress.Of("synth", "writing preferences", p))),
                _cancel);
        }
    }

    void Train(DemoVariant variant)
    {
        if (Directory.Exists(AdapterOf(variant)))
        {
            return;
        }
        string path = PathOf(_options, variant);
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(path, []) with
        {
            BaseModel = Path.GetFullPath(_options.Model),
            Data = Path.GetFullPath(In(PreferencesName)),
            Seed = _options.Seed,
            Steps = _options.Steps,
            EvalEvery = Math.Max(1, _options.Steps / 4),
        };
        TrainRun.Start(
            new(recipe, path, RunOf(variant), Resume: true)
            {
                Parts = part => StageProgress.Tell(_progress, "train", variant.Name, part),
            },
            text => _note($"{variant.Name}: {text}"),
            new SynchronousProgress<TrainingProgress>(p => _progress?.Report(StageProgress.Of("train", variant.Name, p))),
            _cancel);
    }

    EvalResults Evaluate(DemoVariant variant, string documents)
    {
        ModelConfig config = ModelFiles.ReadConfig(_options.Model);
        using LoadedModel model = LoadedModel.Open(
            _options.Model, variant.Recipe is null ? null : AdapterOf(variant), RopeOption.Parse(variant.Rope, config));
        EvalRequest request = new(
            ["needle", SlidingPerplexity.Name], _options.Lengths, _options.Depths, _options.SamplesPerCell, _options.Seed, documents);
        return request.Run(
            model,
            Path.Combine(_options.Output, "eval", variant.Key),
            new SynchronousProgress<EvalProgress>(p => _progress?.Report(StageProgress.Of("eval", variant.Name, p))),
            _cancel);
    }

    /// <summary>Builds the report, with the strongest simple model as the baseline: YaRN without training.</summary>
    ReportModel Report(IReadOnlyList<(DemoVariant Variant, EvalResults Results)> measured, DemoSummary summary) =>
        EvalReport.Of(
            "LOGO, from documents to verdict",
            Invariant(
                $"A model of two million parameters, aligned on {_options.Samples} preference samples that it wrote, searches for needles.")
                + Invariant(
                    $" Contexts reach {_options.Lengths[^1] / _options.Lengths[0]} times its window of {_options.Lengths[0]} tokens.")
                + " Differences are those from YaRN without training, the strongest simple baseline.",
            [
                .. measured.OrderByDescending(m => m.Variant.Key == DemoVariant.Baseline)
                    .Select(m => new ReportVariant(m.Variant.Name, m.Results)),
            ],
            [
                Curve("Chosen exact match, held out", "share", PreferenceMetrics.ChosenExactMatch, heldOut: true),
                Curve("Chosen log-probability, held out", "nats per token", PreferenceMetrics.ChosenLogProb, heldOut: true),
                Curve("Reward margin", "reward", PreferenceMetrics.RewardMargin, heldOut: false),
                Curve("Reward accuracy", "share", PreferenceMetrics.RewardAccuracy, heldOut: false),
                Curve("Loss", "nats", PreferenceMetrics.Loss, heldOut: false),
            ],
            [
                new("time", string.Join(", ", summary.Seconds.Select(s => $"{s.Key} {ReportText.Duration(s.Value)}"))),
                new("machine", Invariant($"{Processor.Name}, {Processor.VectorBits}-bit vectors, {Workers.Threads} threads")),
                new(
                    "samples",
                    Invariant($"{_options.Samples} preference samples, {_options.Depths * _options.SamplesPerCell} needles per length")),
                new("steps", Invariant($"{_options.Steps} per training")),
                new("seed", Invariant($"{_options.Seed}")),
                new("recipes", string.Join(", ", DemoVariant.All.Select(v => v.Recipe).OfType<string>())),
            ]);

    LineChart Curve(string title, string unit, string metric, bool heldOut) =>
        RunCurves.Chart(
            title, unit, metric, heldOut, DemoVariant.All.Where(v => v.Recipe is not null).Select(v => (v.Name, RunOf(v))));

    /// <summary>Refuses a folder of another demo: with other options, another model, other documents or other recipes.</summary>
    static void Enter(DemoOptions options)
    {
        DemoDocuments.Check(options);
        JsonObject mine = new()
        {
            ["model"] = InputHash.OfModel(options.Model),
            ["recipes"] = new JsonObject(
                DemoVariant.All.Where(v => v.Recipe is not null).Select(v =>
                    KeyValuePair.Create(v.Recipe!, (JsonNode?)InputHash.OfText(
                        RecipeFile.Resolve(RecipeFile.Read<TrainRecipe>(PathOf(options, v), [])))))),
            ["documents"] = options.Documents is { } documents ? InputFiles.HashDocuments(documents) : null,
            ["seed"] = options.Seed,
            ["samples"] = options.Samples,
            ["steps"] = options.Steps,
            ["lengths"] = JsonSerializer.SerializeToNode(options.Lengths),
            ["depths"] = options.Depths,
            ["samples_per_cell"] = options.SamplesPerCell,
        };
        string file = Path.Combine(options.Output, OptionsName);
        if (File.Exists(file))
        {
            RefuseOther(file, mine);
            return;
        }
        if (Directory.Exists(options.Output) && Directory.EnumerateFileSystemEntries(options.Output).Any())
        {
            throw new InputException($"{options.Output} is not empty and is not a demo; choose a new output folder.");
        }
        Directory.CreateDirectory(options.Output);
        AtomicFile.WriteText(file, mine.ToJsonString(RecipeFile.Json) + "\n");
    }

    static void RefuseOther(string file, JsonObject mine)
    {
        JsonChange? change;
        try
        {
            change = JsonChange.First(JsonNode.Parse(RegularFile.ReadAllText(file)), mine);
        }
        catch (JsonException e)
        {
            throw new InputException($"{file} is damaged; choose a new output folder.", e);
        }
        if (change is not null)
        {
            bool isHash = change.Path.Split('.')[0] is "model" or "recipes" or "documents";
            string what = isHash ? $"{change.Path} has changed" : $"{change.Path} is {change.Now} and was {change.Then}";
            throw new InputException(
                $"{what} since the demo in {Path.GetDirectoryName(file)} was started; restore it, or choose a new output folder.");
        }
    }

    static string PathOf(DemoOptions options, DemoVariant variant) => Path.Combine(options.Recipes, variant.Recipe!);

    string RunOf(DemoVariant variant) => Path.Combine(_options.Output, "runs", variant.Key);

    string AdapterOf(DemoVariant variant) => Path.Combine(RunOf(variant), "adapter");

    string In(string name) => Path.Combine(_options.Output, name);
}

/// <summary>Represents the results of the demo and their files.</summary>
/// <param name="Measured">Results by variant, in the order of comparison.</param>
/// <param name="Summary">The numbers.</param>
/// <param name="SummaryPath">summary.json.</param>
/// <param name="ReportPath">report.html.</param>
public sealed record DemoVerdict(
    IReadOnlyList<(DemoVariant Variant, EvalResults Results)> Measured,
    DemoSummary Summary,
    string SummaryPath,
    string ReportPath);
