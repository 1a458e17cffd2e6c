using Farsight.Alignment.Corpus;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis;

/// <summary>What LOGO data is made of, and how much (arXiv 2410.18533, section 3.2.2).</summary>
/// <param name="Model">Directory of the model that will be trained and that writes the responses; with an endpoint only its tokenizer and
/// config are read.</param>
/// <param name="Documents">Folder or file, see <see cref="DocumentReader"/>.</param>
/// <param name="Samples">How many samples to write.</param>
/// <param name="Seed">Decides every random choice.</param>
/// <param name="Output">The .jsonl file; with a shard, see <see cref="SynthesisShard.PathOf"/>.</param>
public sealed record LogoSynthesisOptions(string Model, string Documents, int Samples, int Seed, string Output)
{
    /// <summary>How the documents are read, their path included; null for all of them as they are.</summary>
    public CorpusOptions? Corpus { get; init; }

    /// <summary>Asked whether each chosen response is right; a sample that it does not accept is dropped. Null for no judge.</summary>
    public QualityJudge? Judge { get; init; }

    /// <summary>Tokens of a chunk; null for a sixteenth of the model's window, at most 512.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>N: chunks of a context.</summary>
    public int Chunks { get; init; } = 16;

    /// <summary>
    /// Where questions come from; null for the documents' own, and for documents without any invented facts or, with an endpoint, written
    /// ones.
    /// </summary>
    public QuestionSource? Questions { get; init; }

    /// <summary>Where chosen responses come from; with <see cref="ChosenSource.Gold"/> questions may not be written by the model.</summary>
    public ChosenSource Chosen { get; init; }

    /// <summary>
    /// What says how important a chunk is, one of <see cref="ChunkScorers.Names"/>, or "llm" to ask the chat client for entities.
    /// </summary>
    public string Scorer { get; init; } = "evidence";

    /// <summary>δ: from which score on a chunk is relevant, in the scorer's unit; null for the scorer's own.</summary>
    public double? Threshold { get; init; }

    /// <summary>The part to make, when several processes share the work; null for all.</summary>
    public SynthesisShard? Shard { get; init; }

    /// <summary>M: dis-preferred responses of a sample.</summary>
    public int Rejected { get; init; } = 2;

    /// <summary>Of the dis-preferred responses; the preferred one is greedy.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>The file that this run writes.</summary>
    public string File => Shard?.PathOf(Output) ?? Output;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="InputException">One makes no sense; the message names the option.</exception>
    public void Check()
    {
        AtLeast("--samples", Samples, 1);
        AtLeast("--chunks", Chunks, 4);
        AtLeast("--rejected", Rejected, 1);
        if (Threshold is { } threshold && !(threshold > 0 && double.IsFinite(threshold)))
        {
            throw new InputException("--threshold must be a number above 0.");
        }
        if (!(Temperature > 0 && double.IsFinite(Temperature)))
        {
            throw new InputException("--temperature must be a number above 0: rejected responses are sampled.");
        }
    }

    static void AtLeast(string option, int value, int least)
    {
        if (value < least)
        {
            throw new InputException($"{option} is {value}; use {least} or more.");
        }
    }
}
