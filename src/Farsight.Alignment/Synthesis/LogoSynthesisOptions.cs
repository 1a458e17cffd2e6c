using Farsight.Alignment.Documents;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis;

/// <summary>What LOGO data is made of, and how much (arXiv 2410.18533, section 3.2.2).</summary>
/// <param name="Model">Directory of the model that writes the responses; training starts from the same one.</param>
/// <param name="Documents">Folder or file, see <see cref="DocumentReader"/>.</param>
/// <param name="Samples">How many samples to write.</param>
/// <param name="Seed">Decides every random choice.</param>
/// <param name="Output">The .jsonl file.</param>
public sealed record LogoSynthesisOptions(string Model, string Documents, int Samples, int Seed, string Output)
{
    /// <summary>Tokens of a chunk; null for a sixteenth of the model's window, at most 512.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>N: chunks of a context.</summary>
    public int Chunks { get; init; } = 16;

    /// <summary>δ: entities that a relevant chunk shares with question and answer.</summary>
    public int Threshold { get; init; } = 6;

    /// <summary>M: dis-preferred responses of a sample.</summary>
    public int Rejected { get; init; } = 2;

    /// <summary>Of the dis-preferred responses; the preferred one is greedy.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="InputException">One makes no sense; the message names the option.</exception>
    public void Check()
    {
        AtLeast("--samples", Samples, 1);
        AtLeast("--chunks", Chunks, 4);
        AtLeast("--threshold", Threshold, 1);
        AtLeast("--rejected", Rejected, 1);
        if (Samples > int.MaxValue / SynthesisGroup.MostTriesPerSample)
        {
            throw new InputException($"--samples is {Samples}; use {int.MaxValue / SynthesisGroup.MostTriesPerSample} or fewer.");
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
