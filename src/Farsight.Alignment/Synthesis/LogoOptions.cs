using System.Text.Json.Serialization;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis;

/// <summary>Holds the options of LOGO data (arXiv 2410.18533, section 3.2.2).</summary>
public record LogoOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : SynthesisOptions<LogoSettings>(Model, Documents, Samples, Seed, Out)
{
    /// <summary>Judges each chosen response; samples that it refuses are dropped. Null for no judge.</summary>
    [JsonIgnore]
    public QualityJudge? Judge { get; init; }

    /// <summary>Maximum tokens per chunk; null for a sixteenth of the model's window, at most 512.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>N, chunks per context; at least 4.</summary>
    public int Chunks { get; init; } = 16;

    /// <summary>
    /// What questions are about. Null uses the documents' own questions; for documents without any, it is planted facts or, with an
    /// endpoint that does not read token ids, the document.
    /// </summary>
    public QuestionSubject? Questions { get; init; }

    /// <summary>Where chosen responses come from. <see cref="ChosenSource.Gold"/> excludes questions that the model writes.</summary>
    public ChosenSource Chosen { get; init; }

    /// <summary>What rejected responses are written from.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] // keeps the stamps of earlier studies
    public Negatives Negatives { get; init; }

    /// <summary>
    /// Positions at which on-policy responses are sampled, such as those that training will use; null for 0, 1, 2, ….
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IPositionScheme? Positions { get; init; }

    /// <summary>Scorer of the importance of chunks: "evidence", "entities" or "bm25", or
    /// "llm" to ask the endpoint for entities.</summary>
    public string Scorer { get; init; } = "evidence";

    /// <summary>δ, the score from which a chunk is relevant, in the scorer's unit; null for the scorer's default.</summary>
    public double? Threshold { get; init; }

    /// <summary>M, rejected responses per sample; at least 1.</summary>
    public int Rejected { get; init; } = 2;

    /// <summary>Sampling temperature for rejected responses; above 0. The chosen response is greedy.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        AtLeast("chunks", Chunks, 4);
        AtLeast("rejected", Rejected, 1);
        AboveZero("threshold", Threshold ?? 1);
        AboveZero("temperature", Temperature, "; rejected responses are sampled");
        if (Negatives is Negatives.Minimal or Negatives.None)
        {
            throw new OptionException("negatives", "must be mixed, irrelevant, partial or on-policy.");
        }
        if (Positions is not null && Negatives != Negatives.OnPolicy)
        {
            throw new OptionException("positions", "applies to on-policy negatives only; remove it, or choose these negatives.");
        }
        if (Positions is E2Llm)
        {
            throw new OptionException("positions", "is e2llm, whose responses go on in steps that generation does not have; use another.");
        }
        if (Positions?.Problems("positions").FirstOrDefault() is { } problem)
        {
            throw new InputException(problem);
        }
    }

    internal override SynthesisPlan<LogoSettings> Plan(SynthesisModel model) => LogoSynthesis.Plan(this, model);
}

/// <summary>Lists the sources of chosen responses.</summary>
public enum ChosenSource
{
    /// <summary>The model writes it from the relevant chunks, as in the paper.</summary>
    Model,

    /// <summary>The answer that came with the question, for models that cannot answer it yet.</summary>
    Gold,
}
