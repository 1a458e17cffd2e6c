using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.LongPo;

namespace Farsight.Workflows.Study;

/// <summary>LongPO data, as farsight synth longpo makes it with the local model.</summary>
/// <param name="Model">The model that writes instructions and responses.</param>
/// <param name="Documents">Folder or file.</param>
/// <param name="Samples">How many.</param>
/// <param name="Seed">Of everything drawn.</param>
/// <param name="Out">The .jsonl file.</param>
public sealed record LongPoStep(string Model, string Documents, int Samples, int Seed, string Out) : IStudyStep
{
    /// <summary>Where instructions come from; null as synth longpo decides.</summary>
    public QuestionSource? Questions { get; init; }

    /// <summary>Most tokens of a chunk, the short context; null for a quarter of the document.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>Fewest tokens of a chunk that is asked about; null for 8/15 of the most.</summary>
    public int? MinChunkTokens { get; init; }

    /// <summary>Most tokens of a document, the long context; null for twice the model's window.</summary>
    public int? DocumentTokens { get; init; }

    /// <summary>Most chunks of a document that are asked about before every document had its turn.</summary>
    public int ChunksPerDocument { get; init; } = 4;

    /// <summary>K: questions about one document in a sample.</summary>
    public int Turns { get; init; } = 1;

    /// <summary>Of the first attempt at either response; 0 for the likeliest.</summary>
    public double Temperature { get; init; }

    /// <summary>Limit of a response; null for a sixteenth of the model's window.</summary>
    public int? MaxNewTokens { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) => StepChecks.Of(path, () => Options(Model, Documents, Out).Check());

    /// <inheritdoc/>
    public void Make(StudyPaths paths, Action<string> note, IProgress<StudyProgress>? progress, CancellationToken cancel) =>
        LongPoSynthesis.Run(
            Options(paths.Find("model", Model), paths.Find("documents", Documents), paths.Out(Out)),
            new Relay<SynthesisProgress>(p => progress?.Report(new("prepare", Out, p.Counts.Written, p.Samples, ""))),
            cancel);

    LongPoOptions Options(string model, string documents, string output) => new(model, documents, Samples, Seed, output)
    {
        Questions = Questions,
        ChunkTokens = ChunkTokens,
        MinChunkTokens = MinChunkTokens,
        DocumentTokens = DocumentTokens,
        ChunksPerDocument = ChunksPerDocument,
        Turns = Turns,
        Temperature = Temperature,
        MaxNewTokens = MaxNewTokens,
    };
}
