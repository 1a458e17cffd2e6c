namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>Holds the options of LongPO data (arXiv 2502.13922, section 4.1).</summary>
public record LongPoOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : SynthesisOptions<LongPoSettings>(Model, Documents, Samples, Seed, Out)
{
    /// <summary>Maximum turns: facts and instructions are drawn for this many different chunks.</summary>
    internal const int MaxTurns = 4;

    /// <summary>
    /// What instructions are about. Null uses the documents' own questions; for documents without any, it is planted facts or, with an
    /// endpoint, the document.
    /// </summary>
    public QuestionSubject? Questions { get; init; }

    /// <summary>Maximum tokens of a chunk, the short context; null for a quarter of the document, at most 30,000.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>
    /// Minimum tokens of a chunk that a question is about; null for 8/15 of <see cref="ChunkTokens"/>, as 16,000 is of 30,000.
    /// </summary>
    public int? MinChunkTokens { get; init; }

    /// <summary>
    /// Maximum tokens of a document, the long context; longer documents are split. Null for twice the window of a local model, and for
    /// what fits into the window of an endpoint's model.
    /// </summary>
    public int? DocumentTokens { get; init; }

    /// <summary>Maximum chunks per document in one round over all documents.</summary>
    public int ChunksPerDocument { get; init; } = 4;

    /// <summary>K, questions about one document per sample, each about another chunk; 1 to 4.</summary>
    public int Turns { get; init; } = 1;

    /// <summary>
    /// Sampling temperature of the first attempt at either response; 0 for greedy. Unusable responses are sampled again at 0.8 or more.
    /// Default: 1, as the paper's authors use.
    /// </summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Maximum tokens per response; null for a sixteenth of the model's window, between 64 and 1,024.</summary>
    public int? MaxNewTokens { get; init; }

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        if (Turns is < 1 or > MaxTurns)
        {
            throw new OptionException("turns", $"is {Turns}; use 1 to {MaxTurns}.");
        }
        AtLeast("chunks_per_document", ChunksPerDocument, Turns, ", one per turn");
        if (!(Temperature >= 0 && double.IsFinite(Temperature)))
        {
            throw new OptionException("temperature", "must be 0 or more.");
        }
    }

    internal override SynthesisPlan<LongPoSettings> Plan(SynthesisModel model) => LongPoSynthesis.Plan(this, model);
}
