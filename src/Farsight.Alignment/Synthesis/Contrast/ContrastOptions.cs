namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>Holds the options of contrast data.</summary>
public record ContrastOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : SynthesisOptions<ContrastSettings>(Model, Documents, Samples, Seed, Out)
{
    const int LeastChunks = 8; // half of them hold facts: one that is asked for and three like it

    /// <summary>The kinds, which take turns; null for all.</summary>
    public IReadOnlyList<ContrastKind>? Kinds { get; init; }

    /// <summary>Maximum tokens per chunk; null for a sixteenth of the model's window, at most 512.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>N, chunks per context; at least 8.</summary>
    public int Chunks { get; init; } = 16;

    /// <summary>Sampling temperature for the rejected responses that the model writes; above 0.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        AtLeast("chunks", Chunks, LeastChunks, "; the facts that mislead need room");
        if (Kinds is { } kinds && (kinds.Count == 0 || kinds.Distinct().Count() < kinds.Count))
        {
            throw new OptionException("kinds", "must name at least one kind, and each kind once.");
        }
        AboveZero("temperature", Temperature, "; rejected responses are sampled");
    }

    internal override SynthesisPlan<ContrastSettings> Plan(SynthesisModel model) => ContrastSynthesis.Plan(this, model);
}

/// <summary>Lists what distinguishes the chosen response from the rejected ones.</summary>
public enum ContrastKind
{
    /// <summary>The requested fact stands among others with similar keys; their values and sentences are rejected.</summary>
    Distractors,

    /// <summary>
    /// Half of the questions have no answer in the text, and the model must state this. For the other half, that statement is rejected.
    /// </summary>
    Unanswerable,

    /// <summary>The question asks for all facts of a kind; rejected lists contain an invented fact or lack one.</summary>
    Entities,

    /// <summary>The question requires a certain form; right answers in another form are rejected.</summary>
    Instructions,
}
