using Farsight.Alignment.Corpus;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>What LongPO data is made of, and how much (arXiv 2502.13922, section 4.1).</summary>
/// <param name="Model">Directory of the model that will be trained and that writes instructions and responses; with an endpoint only its
/// tokenizer and config are read.</param>
/// <param name="Documents">Folder or file, see <see cref="DocumentReader"/>.</param>
/// <param name="Samples">How many samples to write.</param>
/// <param name="Seed">Decides every random choice.</param>
/// <param name="Output">The .jsonl file; with a shard, see <see cref="SynthesisShard.PathOf"/>.</param>
public sealed record LongPoOptions(string Model, string Documents, int Samples, int Seed, string Output)
{
    /// <summary>Most turns: facts and instructions are drawn for so many different chunks.</summary>
    public const int MostTurns = 4;

    /// <summary>How the documents are read, their path included; null for all of them as they are.</summary>
    public CorpusOptions? Corpus { get; init; }

    /// <summary>
    /// Where instructions come from; null for the documents' own questions, and for documents without any invented facts or, with an
    /// endpoint, written ones.
    /// </summary>
    public QuestionSource? Questions { get; init; }

    /// <summary>Most tokens of a chunk, the short context; null for a quarter of the document, at most 30,000.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>Fewest tokens of a chunk that is asked about; null for 8/15 of the most, which is 16,000 for 30,000.</summary>
    public int? MinChunkTokens { get; init; }

    /// <summary>
    /// Most tokens of a document, the long context; longer ones are cut into several. Null for twice the window of a local model, and for
    /// what an endpoint's has room for.
    /// </summary>
    public int? DocumentTokens { get; init; }

    /// <summary>Most chunks of a document that are asked about before every document had its turn.</summary>
    public int ChunksPerDocument { get; init; } = 4;

    /// <summary>K: questions about one document in a sample, each about another chunk.</summary>
    public int Turns { get; init; } = 1;

    /// <summary>
    /// Of the first attempt at either response; 0 for the likeliest. A response that cannot be used is sampled again, at 0.8 or more.
    /// </summary>
    public double Temperature { get; init; }

    /// <summary>Limit of a response; null for a sixteenth of the model's window, between 64 and 1,024.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>The part to make, when several processes share the work; null for all.</summary>
    public SynthesisShard? Shard { get; init; }

    /// <summary>The file that this run writes.</summary>
    public string File => Shard?.PathOf(Output) ?? Output;

    /// <summary>Checks the numbers that need no model.</summary>
    /// <exception cref="InputException">One makes no sense; the message names the option.</exception>
    public void Check()
    {
        if (Samples < 1)
        {
            throw new InputException($"--samples is {Samples}; use 1 or more.");
        }
        if (Turns is < 1 or > MostTurns)
        {
            throw new InputException($"--turns is {Turns}; use 1 to {MostTurns}.");
        }
        if (ChunksPerDocument < Turns)
        {
            throw new InputException($"--chunks-per-document is {ChunksPerDocument}; use {Turns} or more, one for each of --turns.");
        }
        if (!(Temperature >= 0 && double.IsFinite(Temperature)))
        {
            throw new InputException("--temperature must be 0 or more.");
        }
    }
}
