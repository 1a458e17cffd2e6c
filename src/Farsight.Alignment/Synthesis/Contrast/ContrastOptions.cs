using Farsight.Alignment.Corpus;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>What contrast data is made of, and how much.</summary>
/// <param name="Model">Directory of the model that will be trained and that writes rejected responses.</param>
/// <param name="Documents">Folder or file, see <see cref="DocumentReader"/>.</param>
/// <param name="Samples">How many samples to write, of all kinds together.</param>
/// <param name="Seed">Decides every random choice.</param>
/// <param name="Output">The .jsonl file; with a shard, see <see cref="SynthesisShard.PathOf"/>.</param>
public sealed record ContrastOptions(string Model, string Documents, int Samples, int Seed, string Output)
{
    const int LeastChunks = 8; // half of them hold facts: one that is asked for and three like it

    /// <summary>The kinds, which take turns; at least one, each once.</summary>
    public IReadOnlyList<ContrastKind> Kinds { get; init; } = Enum.GetValues<ContrastKind>();

    /// <summary>How the documents are read, their path included; null for all of them as they are.</summary>
    public CorpusOptions? Corpus { get; init; }

    /// <summary>Tokens of a chunk; null for a sixteenth of the model's window, at most 512.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>N: chunks of a context.</summary>
    public int Chunks { get; init; } = 16;

    /// <summary>Of the rejected responses that the model writes.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>The part to make, when several processes share the work; null for all.</summary>
    public SynthesisShard? Shard { get; init; }

    /// <summary>The file that this run writes.</summary>
    public string File => Shard?.PathOf(Output) ?? Output;

    /// <summary>Checks what needs no model.</summary>
    /// <exception cref="InputException">Something makes no sense; the message names the option.</exception>
    public void Check()
    {
        if (Samples < 1)
        {
            throw new InputException($"--samples is {Samples}; use 1 or more.");
        }
        if (Chunks < LeastChunks)
        {
            throw new InputException($"--chunks is {Chunks}; use {LeastChunks} or more: the facts that mislead need room.");
        }
        if (Kinds.Count == 0 || Kinds.Distinct().Count() < Kinds.Count)
        {
            throw new InputException("--kind must name at least one kind, and none twice.");
        }
        if (!(Temperature > 0 && double.IsFinite(Temperature)))
        {
            throw new InputException("--temperature must be a number above 0: rejected responses are sampled.");
        }
    }
}
