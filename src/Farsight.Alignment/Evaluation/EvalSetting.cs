using Farsight.Alignment.Generation;

namespace Farsight.Alignment.Evaluation;

/// <summary>What the examples of one context length are made from.</summary>
/// <param name="ContextTokens">Tokens of the whole prompt (first token, markers, haystack, question) and of the room for the completion.</param>
/// <param name="Depths">Where the needle goes: 0 before the haystack, 1 after it.</param>
/// <param name="Samples">Examples for each depth.</param>
/// <param name="Seed">Of the haystack's offsets and the needles.</param>
/// <param name="Haystack">The text that hides the needles.</param>
/// <param name="Text">The model's own tokenizer and chat format.</param>
public sealed record EvalSetting(
    int ContextTokens, IReadOnlyList<double> Depths, int Samples, int Seed, Haystack Haystack, IPromptText Text)
{
    /// <summary>Depths at equal distances from 0 to 1; a single one is in the middle.</summary>
    public static double[] EvenDepths(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return count == 1 ? [0.5] : [.. Enumerable.Range(0, count).Select(i => (double)i / (count - 1))];
    }
}
