using System.Collections.ObjectModel;
using Farsight.Engine;
using Farsight.Engine.Inference;

namespace Farsight.Alignment.Answering;

/// <summary>Holds sampling and length options of a completion.</summary>
/// <param name="MaxNewTokens">Maximum number of new tokens, the stop token included; 1 to 16,777,216.</param>
public sealed record GenerationOptions(int MaxNewTokens)
{
    const int MostNewTokens = 1 << 24; // beyond any window

    /// <summary>Divides the logits before sampling; 0 always takes the most likely token.</summary>
    public double Temperature { get; init; }

    /// <summary>Samples among the most likely tokens that hold this share of the probability; 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Samples among this many of the most likely tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Samples among the tokens whose probability is at least this share of the most likely token's; 0 for all.</summary>
    public double MinP { get; init; }

    /// <summary>Makes tokens less likely that are already in the text; 1 for no penalty.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted from the logit of each token that the completion already has; 0 for no penalty.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Subtracted from the logit of a token, times the number of times that the completion already has it; 0 for none.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of tokens, by token id; empty for none.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = ReadOnlyDictionary<int, float>.Empty;

    /// <summary>Seed of the sampling; null for the default, which an endpoint chooses itself. A
    /// local model uses the lower 32 bits.</summary>
    public long? Seed { get; init; }

    /// <summary>Number of new tokens before which nothing ends the completion. Endpoints other than Farsight's do not support it.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>Texts that end the completion; they are not part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Token ids that end the completion, in addition to the model's own.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>How the next token is chosen.</summary>
    /// <remarks>Logits are divided as floats, so a temperature that is 0 as a float is 0.</remarks>
    internal Sampling Sampling => (float)Temperature == 0 ? Sampling.Greedy : new(Temperature, TopP, TopK, MinP);

    /// <summary>Validates the options.</summary>
    /// <param name="nameOf">Returns the name that a message uses for a property; null for the property's own name.</param>
    /// <exception cref="InputException">An option is out of range; the message names it.</exception>
    public void Check(Func<string, string>? nameOf = null)
    {
        string? problem =
            MaxNewTokens is < 1 or > MostNewTokens ? $"{Name(nameof(MaxNewTokens))} is {MaxNewTokens}; use 1 to {MostNewTokens}."
            : !(Temperature is >= 0 and <= 100)
                ? $"{Name(nameof(Temperature))} is {Temperature}; use 0 (always the most likely token) to 100."
            : !(TopP is > 0 and <= 1) ? $"{Name(nameof(TopP))} is {TopP}; use more than 0 and at most 1."
            : TopK < 0 ? $"{Name(nameof(TopK))} is {TopK}; use 0 (all tokens) or more."
            : !(MinP is >= 0 and < 1) ? $"{Name(nameof(MinP))} is {MinP}; use 0 (all tokens) or more, and less than 1."
            : !(RepetitionPenalty is > 0 and <= 100)
                ? $"{Name(nameof(RepetitionPenalty))} is {RepetitionPenalty}; use more than 0, and 1 for no penalty."
            : !double.IsFinite(PresencePenalty) ? $"{Name(nameof(PresencePenalty))} is {PresencePenalty}; use a finite number."
            : !double.IsFinite(FrequencyPenalty) ? $"{Name(nameof(FrequencyPenalty))} is {FrequencyPenalty}; use a finite number."
            : LogitBias.Values.Any(b => !float.IsFinite(b)) ? $"{Name(nameof(LogitBias))} has a value that is not finite."
            : Stop.Contains("") ? $"{Name(nameof(Stop))} is empty; give the text that ends an answer."
            : null;
        if (problem is not null)
        {
            throw new InputException(problem);
        }

        string Name(string property) => nameOf?.Invoke(property) ?? property;
    }

    /// <summary>Returns the text before the first stop text.</summary>
    /// <param name="text">A completion. With <see cref="MinNewTokens"/>, stop texts at its beginning do not count.</param>
    /// <param name="isCut">Whether a stop text was found.</param>
    public string BeforeStop(string text, out bool isCut)
    {
        int from = 0;
        while (
            MinNewTokens > 0
            && Stop.FirstOrDefault(s => text.AsSpan(from).StartsWith(s, StringComparison.Ordinal)) is { Length: > 0 } first)
        {
            from += first.Length;
        }
        int[] found = [.. Stop.Select(s => text.IndexOf(s, from, StringComparison.Ordinal)).Where(at => at >= 0)];
        isCut = found.Length > 0;
        return isCut ? text[..found.Min()] : text;
    }
}
