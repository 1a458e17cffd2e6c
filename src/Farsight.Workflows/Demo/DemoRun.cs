using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Evaluation.Benchmarks.Perplexity;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Demo;

/// <summary>
/// Runs the whole loop on the bundled model: documents, preference data that the model writes itself, training, evaluation, report.
/// </summary>
/// <remarks>Every stage continues from its files, so an interrupted demo is started again with the same command.</remarks>
public sealed class DemoRun
{
    const string OptionsName = "demo.json", PreferencesName = "preferences.jsonl", SummaryName = "summary.json", ReportName = "report.html";

    readonly DemoOptions _options;
    readonly IProgress<DemoProgress>? _progress;
    readonly CancellationToken _cancel;
    readonly StageClock _clock;

    DemoRun(DemoOptions options, IProgress<DemoProgress>? progress, CancellationToken cancel)
    {
        (_options, _progress, _cancel) = (options, progress, cancel);
        _clock = new(In("seconds.json"));
    }

    /// <summary>Runs what is left to do and returns the verdict.</summary>
    /// <exception cref="InputException">The output folder holds something else, or the documents cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same call continues.</exception>
    public static DemoVerdict Start(DemoOptions options, IProgress<DemoProgress>? progress, CancellationToken cancel)
    {
        Enter(options);
        return new DemoRun(options, progress, cancel).Run();
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
        ReportWriter.Write(In(ReportName), Report(measured));
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
                new SynchronousProgress<SynthesisProgress>(p => Report("synth", "writing preferences", p.Counts.Written, p.Samples, "")),
                _cancel);
        }
    }

    void Train(DemoVariant variant)
    {
        if (Directory.Exists(AdapterOf(variant)))
        {
            return;
        }
        string path = Path.Combine(_options.Recipes, variant.Recipe!);
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(path, []) with
        {
            BaseModel = Path.GetFullPath(_options.Model),
            Data = Path.GetFullPath(In(PreferencesName)),
        };
        TrainRun.Start(
            new(recipe, path, RunOf(variant), Resume: true),
            _ => { },
            new SynchronousProgress<TrainingProgress>(p =>
                Report(
                    "train",
                    variant.Name,
                    p.Line.Step,
                    p.Steps,
                    p.Line.Values.TryGetValue(PreferenceMetrics.Loss, out double loss) ? Invariant($"loss {loss:0.000}") : "")),
            _cancel);
    }

    EvalResults Evaluate(DemoVariant variant, string documents)
    {
        ModelConfig config = ModelFiles.ReadConfig(_options.Model);
        using LoadedModel model = LoadedModel.Open(
            _options.Model, variant.Recipe is null ? null : AdapterOf(variant), RopeOption.Parse(variant.Rope, config));
        EvalRequest request = new(
            ["needle", SlidingPerplexity.Name], _options.Lengths, _options.Depths, _options.SamplesPerCell, _options.Seed, documents);
        return request.Run(model, Path.Combine(_options.Output, "eval", variant.Key), new SynchronousProgress<EvalProgress>(p => Report(
            "eval", variant.Name, p.Done, p.Total ?? 0, Invariant($"{p.Task} at {p.Length}"))), _cancel);
    }

    ReportModel Report(IReadOnlyList<(DemoVariant Variant, EvalResults Results)> measured) =>
        EvalReport.Of(
            "LOGO, from documents to verdict",
            Invariant(
                $"A model of two million parameters, aligned on {_options.Samples} preference samples that it wrote, searches for needles.")
                + Invariant(
                    $" Contexts reach {_options.Lengths[^1] / _options.Lengths[0]} times its window of {_options.Lengths[0]} tokens."
            ),
            [.. measured.Select(m => new ReportVariant(m.Variant.Name, m.Results))],
            [
                Curve("Chosen exact match, held out", "share", PreferenceMetrics.ChosenExactMatch, heldOut: true),
                Curve("Chosen log-probability, held out", "nats per token", PreferenceMetrics.ChosenLogProb, heldOut: true),
                Curve("Reward margin", "reward", PreferenceMetrics.RewardMargin, heldOut: false),
                Curve("Reward accuracy", "share", PreferenceMetrics.RewardAccuracy, heldOut: false),
                Curve("Loss", "nats", PreferenceMetrics.Loss, heldOut: false),
            ]);

    LineChart Curve(string title, string unit, string metric, bool heldOut) => new(title, "optimizer step", unit,
    [
        .. from variant in DemoVariant.All
           where variant.Recipe is not null
           let points = MetricsLog.Read(Path.Combine(RunOf(variant), "metrics.jsonl"))
               .Select(l => (l.Step, Values: heldOut ? l.HeldOut : l.Values))
               .Where(l => l.Values?.ContainsKey(metric) == true)
               .Select(l => new ChartPoint(l.Step, l.Values![metric])).ToArray()
           where points.Length > 0
           select new ChartSeries(variant.Name, points),
    ]);

    /// <summary>Refuses a folder of another demo, with another seed or other documents.</summary>
    static void Enter(DemoOptions options)
    {
        string mine = JsonSerializer.Serialize(new
        {
            model = InputHash.OfModel(options.Model),
            documents = options.Documents is null ? null : Path.GetFullPath(options.Documents),
            options.Seed,
            options.Samples,
            options.Lengths,
            options.Depths,
            options.SamplesPerCell,
        });
        string file = Path.Combine(options.Output, OptionsName);
        if (File.Exists(file))
        {
            if (File.ReadAllText(file) != mine)
            {
                throw new InputException(
                    $"{options.Output} has a demo with another model, other documents or another seed; choose another output folder.");
            }
            return;
        }
        if (Directory.Exists(options.Output) && Directory.EnumerateFileSystemEntries(options.Output).Any())
        {
            throw new InputException($"{options.Output} is not empty and is not a demo; choose a new output folder.");
        }
        Directory.CreateDirectory(options.Output);
        AtomicFile.WriteText(file, mine);
    }

    void Report(string stage, string what, long done, long total, string detail) =>
        _progress?.Report(new(stage, what, done, total, detail));

    string RunOf(DemoVariant variant) => Path.Combine(_options.Output, "runs", variant.Key);

    string AdapterOf(DemoVariant variant) => Path.Combine(RunOf(variant), "adapter");

    string In(string name) => Path.Combine(_options.Output, name);

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
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
