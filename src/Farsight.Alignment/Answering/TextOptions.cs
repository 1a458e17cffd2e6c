using Farsight.Engine;
using Farsight.Engine.Inference;

namespace Farsight.Alignment.Answering;

/// <summary>How a text is continued.</summary>
/// <param name="MaxNewTokens">Most tokens to generate; at least 1.</param>
/// <param name="Sampling">How each is chosen.</param>
public sealed record TextOptions(int MaxNewTokens, Sampling Sampling)
{
    /// <summary>Makes tokens less likely that are in the text already; 1 changes nothing.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Texts that end an answer; they are no part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Of the sampling; without meaning at temperature 0.</summary>
    public int Seed { get; init; }

    /// <exception cref="InputException">A value is out of range; the message names its flag.</exception>
    public void Check()
    {
        string? problem =
            MaxNewTokens < 1 ? $"--max-new-tokens is {MaxNewTokens}; use 1 or more."
            : !(Sampling.Temperature is >= 0 and <= 100) ? $"--temperature is {Sampling.Temperature}; use 0 (the likeliest token) to 100."
            : !(Sampling.TopP is > 0 and <= 1) ? $"--top-p is {Sampling.TopP}; use more than 0, at most 1."
            : Sampling.TopK < 0 ? $"--top-k is {Sampling.TopK}; use 0 (all tokens) or more."
            : !(Sampling.MinP is >= 0 and < 1) ? $"--min-p is {Sampling.MinP}; use 0 (all tokens) or more, below 1."
            : !(RepetitionPenalty is > 0 and <= 100) ? $"--repetition-penalty is {RepetitionPenalty}; use more than 0, 1 for none."
            : Stop.Contains("") ? "--stop is empty; name the text that ends an answer."
            : null;
        if (problem is not null)
        {
            throw new InputException(problem);
        }
    }
}
