using System.Text.Json.Nodes;
using Farsight.Alignment;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Birdie;
using Farsight.Alignment.Synthesis.Contrast;
using Farsight.Alignment.Synthesis.Facts;
using Farsight.Alignment.Synthesis.LongPo;
using Farsight.Engine;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>Makes LOGO data with the local model, as <c>farsight synth logo</c> does.</summary>
sealed record LogoStep(string Model, string Documents, int Samples, int Seed, string Out)
    : LogoOptions(Model, Documents, Samples, Seed, Out), IStudyStep
{
    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) => SynthesisSteps.Problems(this, path);

    /// <inheritdoc/>
    public JsonObject Inputs(StudyPaths paths) => SynthesisSteps.Inputs(this, paths);

    /// <inheritdoc/>
    public void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel) =>
        SynthesisSteps.Make(this, paths, progress, cancel);
}

/// <summary>Makes LongPO data with the local model, as <c>farsight synth longpo</c> does.</summary>
sealed record LongPoStep(string Model, string Documents, int Samples, int Seed, string Out)
    : LongPoOptions(Model, Documents, Samples, Seed, Out), IStudyStep
{
    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) => SynthesisSteps.Problems(this, path);

    /// <inheritdoc/>
    public JsonObject Inputs(StudyPaths paths) => SynthesisSteps.Inputs(this, paths);

    /// <inheritdoc/>
    public void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel) =>
        SynthesisSteps.Make(this, paths, progress, cancel);
}

/// <summary>Makes contrast data with the local model, as <c>farsight synth contrast</c> does.</summary>
sealed record ContrastStep(string Model, string Documents, int Samples, int Seed, string Out)
    : ContrastOptions(Model, Documents, Samples, Seed, Out), IStudyStep
{
    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) => SynthesisSteps.Problems(this, path);

    /// <inheritdoc/>
    public JsonObject Inputs(StudyPaths paths) => SynthesisSteps.Inputs(this, paths);

    /// <inheritdoc/>
    public void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel) =>
        SynthesisSteps.Make(this, paths, progress, cancel);
}

/// <summary>Makes dense-fact data, as <c>farsight synth facts</c> does.</summary>
sealed record FactsStep(string Model, string Documents, int Samples, int Seed, string Out)
    : FactsOptions(Model, Documents, Samples, Seed, Out), IStudyStep
{
    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) => SynthesisSteps.Problems(this, path);

    /// <inheritdoc/>
    public JsonObject Inputs(StudyPaths paths) => SynthesisSteps.Inputs(this, paths);

    /// <inheritdoc/>
    public void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel) =>
        SynthesisSteps.Make(this, paths, progress, cancel);
}

/// <summary>Makes Birdie data, as <c>farsight synth birdie</c> does.</summary>
sealed record BirdieStep(string Model, string Documents, int Samples, int Seed, string Out)
    : BirdieOptions(Model, Documents, Samples, Seed, Out), IStudyStep
{
    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) => SynthesisSteps.Problems(this, path);

    /// <inheritdoc/>
    public JsonObject Inputs(StudyPaths paths) => SynthesisSteps.Inputs(this, paths);

    /// <inheritdoc/>
    public void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel) =>
        SynthesisSteps.Make(this, paths, progress, cancel);
}

/// <summary>Checks and runs the synthesis steps of a study.</summary>
static class SynthesisSteps
{
    /// <summary>Returns the problem that the options report, under its path in the recipe.</summary>
    internal static IEnumerable<string> Problems<TSettings>(SynthesisOptions<TSettings> options, string path)
        where TSettings : class
    {
        try
        {
            options.Check();
            return [];
        }
        catch (OptionException e)
        {
            return [$"{path}.{e.Key} {e.Problem}"];
        }
        catch (InputException e)
        {
            return [$"{path}: {e.Message}"];
        }
    }

    internal static JsonObject Inputs<TSettings>(SynthesisOptions<TSettings> options, StudyPaths paths)
        where TSettings : class => new()
        {
            ["model"] = InputHash.OfModel(paths.FindModel("model", options.Model)),
            ["documents"] = InputFiles.HashDocuments(paths.Find("documents", options.Documents)),
        };

    internal static void Make<TSettings>(
        SynthesisOptions<TSettings> options,
        StudyPaths paths,
        IProgress<StageProgress>? progress,
        CancellationToken cancel)
        where TSettings : class
    {
        SynthesisOptions<TSettings> located = options with
        {
            Model = paths.FindModel("model", options.Model),
            Documents = paths.Find("documents", options.Documents),
            Out = paths.Out(options.Out),
        };
        SynthesisRun.Start(
            located,
            new SynchronousProgress<SynthesisProgress>(p => progress?.Report(StageProgress.Of("prepare", options.Out, p))),
            cancel);
    }
}
