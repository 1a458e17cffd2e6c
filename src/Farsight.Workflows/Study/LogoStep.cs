using Farsight.Alignment.Synthesis;

namespace Farsight.Workflows.Study;

/// <summary>LOGO data, as farsight synth logo makes it with the local model.</summary>
/// <param name="Model">The model that writes the responses.</param>
/// <param name="Documents">Folder or file.</param>
/// <param name="Samples">How many.</param>
/// <param name="Seed">Of everything drawn.</param>
/// <param name="Out">The .jsonl file.</param>
public sealed record LogoStep(string Model, string Documents, int Samples, int Seed, string Out) : IStudyStep
{
    /// <summary>Tokens of a chunk; null for a sixteenth of the model's window, at most 512.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>N: chunks of a context.</summary>
    public int Chunks { get; init; } = 16;

    /// <summary>Where questions come from; null as synth logo decides.</summary>
    public QuestionSource? Questions { get; init; }

    /// <summary>Where chosen responses come from.</summary>
    public ChosenSource Chosen { get; init; }

    /// <summary>What says how important a chunk is.</summary>
    public string Scorer { get; init; } = "evidence";

    /// <summary>δ: from which score on a chunk is relevant; null for the scorer's own.</summary>
    public double? Threshold { get; init; }

    /// <summary>M: dis-preferred responses of a sample.</summary>
    public int Rejected { get; init; } = 2;

    /// <summary>Of the dis-preferred responses.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) => StepChecks.Of(path, () => Options(Model, Documents, Out).Check());

    /// <inheritdoc/>
    public void Make(StudyPaths paths, Action<string> note, IProgress<StudyProgress>? progress, CancellationToken cancel) =>
        LogoSynthesis.Run(
            Options(paths.Find("model", Model), paths.Find("documents", Documents), paths.Out(Out)),
            new Relay<SynthesisProgress>(p => progress?.Report(new("prepare", Out, p.Counts.Written, p.Samples, ""))),
            cancel);

    LogoSynthesisOptions Options(string model, string documents, string output) => new(model, documents, Samples, Seed, output)
    {
        ChunkTokens = ChunkTokens,
        Chunks = Chunks,
        Questions = Questions,
        Chosen = Chosen,
        Scorer = Scorer,
        Threshold = Threshold,
        Rejected = Rejected,
        Temperature = Temperature,
    };
}
