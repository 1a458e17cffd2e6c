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
    : LogoOptions(Model, Documents, Samples, Seed, Out), ISynthesisStep<LogoSettings>;

/// <summary>Makes LongPO data with the local model, as <c>farsight synth longpo</c> does.</summary>
sealed record LongPoStep(string Model, string Documents, int Samples, int Seed, string Out)
    : LongPoOptions(Model, Documents, Samples, Seed, Out), ISynthesisStep<LongPoSettings>;

/// <summary>Makes contrast data with the local model, as <c>farsight synth contrast</c> does.</summary>
sealed record ContrastStep(string Model, string Documents, int Samples, int Seed, string Out)
    : ContrastOptions(Model, Documents, Samples, Seed, Out), ISynthesisStep<ContrastSettings>;

/// <summary>Makes dense-fact data, as <c>farsight synth facts</c> does.</summary>
sealed record FactsStep(string Model, string Documents, int Samples, int Seed, string Out)
    : FactsOptions(Model, Documents, Samples, Seed, Out), ISynthesisStep<FactsSettings>;

/// <summary>Makes Birdie data, as <c>farsight synth birdie</c> does.</summary>
sealed record BirdieStep(string Model, string Documents, int Samples, int Seed, string Out)
    : BirdieOptions(Model, Documents, Samples, Seed, Out), ISynthesisStep<BirdieSettings>;

/// <summary>Represents a step whose record is the options of a synthesis.</summary>
/// <typeparam name="TSettings">Settings of the synthesis.</typeparam>
interface ISynthesisStep<TSettings> : IStudyStep
    where TSettings : class
{
    SynthesisOptions<TSettings> Options => (SynthesisOptions<TSettings>)this;

    /// <inheritdoc/>
    IEnumerable<string> IStudyStep.Problems(string path)
    {
        try
        {
            Options.Check();
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

    /// <inheritdoc/>
    JsonObject IStudyStep.Inputs(StudyPaths paths) => new()
    {
        ["model"] = InputHash.OfModel(paths.FindModel("model", Options.Model)),
        ["documents"] = InputFiles.HashDocuments(paths.Find("documents", Options.Documents)),
    };

    /// <inheritdoc/>
    void IStudyStep.Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        SynthesisOptions<TSettings> located = Options with
        {
            Model = paths.FindModel("model", Options.Model),
            Documents = paths.Find("documents", Options.Documents),
            Out = paths.Out(Options.Out),
        };
        SynthesisRun.Start(
            located,
            new SynchronousProgress<SynthesisProgress>(p => progress?.Report(StageProgress.Of("prepare", Options.Out, p))),
            cancel);
    }
}
