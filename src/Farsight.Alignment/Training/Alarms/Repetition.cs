namespace Farsight.Alignment.Training.Alarms;

/// <summary>Measures how much a text repeats itself.</summary>
public static class Repetition
{
    /// <summary>Default n of <see cref="Of"/>.</summary>
    public const int Length = 4;

    /// <summary>Computes seq-rep-n, 1 − (distinct n-grams) / (n-grams): 0 without repetition, near 1 in a loop.</summary>
    /// <remarks>Source: arXiv:1908.04319, section 6. Over the model's tokens, so that it holds in any language.</remarks>
    /// <param name="tokens">The text, without the token that ends it; one of fewer than n tokens repeats nothing.</param>
    /// <param name="n">At least 1.</param>
    public static double Of(ReadOnlySpan<int> tokens, int n = Length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        int count = tokens.Length - n + 1;
        if (count <= 0)
        {
            return 0;
        }
        int different = 0;
        for (int i = 0; i < count; i++)
        {
            // A first appearance: completions are short, so comparing with all before is quick, and exact.
            different += FirstAppears(tokens, i, n) ? 1 : 0;
        }
        return 1 - (double)different / count;
    }

    static bool FirstAppears(ReadOnlySpan<int> tokens, int start, int n) => tokens[..(start + n - 1)].IndexOf(tokens.Slice(start, n)) < 0;
}
