using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Contrast;

namespace Farsight.Workflows.Study;

/// <summary>Contrast data, as farsight synth contrast makes it.</summary>
/// <param name="Model">The model that writes rejected responses.</param>
/// <param name="Documents">Folder or file.</param>
/// <param name="Samples">How many, of all kinds together.</param>
/// <param name="Seed">Of everything drawn.</param>
/// <param name="Out">The .jsonl file.</param>
public sealed record ContrastStep(string Model, string Documents, int Samples, int Seed, string Out) : IStudyStep
{
    /// <summary>The kinds, which take turns; null for all.</summary>
    public IReadOnlyList<ContrastKind>? Kinds { get; init; }

    /// <summary>Tokens of a chunk; null for a sixteenth of the model's window, at most 512.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>N: chunks of a context.</summary>
    public int Chunks { get; init; } = 16;

    /// <summary>Of the rejected responses that the model writes.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) => StepChecks.Of(path, () => Options(Model, Documents, Out).Check());

    /// <inheritdoc/>
    public void Make(StudyPaths paths, Action<string> note, IProgress<StudyProgress>? progress, CancellationToken cancel) =>
        ContrastSynthesis.Run(
            Options(paths.Find("model", Model), paths.Find("documents", Documents), paths.Out(Out)),
            new Relay<SynthesisProgress>(p => progress?.Report(new("prepare", Out, p.Counts.Written, p.Samples, ""))),
            cancel);

    ContrastOptions Options(string model, string documents, string output) => new(model, documents, Samples, Seed, output)
    {
        Kinds = Kinds ?? Enum.GetValues<ContrastKind>(),
        ChunkTokens = ChunkTokens,
        Chunks = Chunks,
        Temperature = Temperature,
    };
}
