using Farsight.Engine;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Finds the size at which samples fill a length, and fits samples into it, as RULER does.</summary>
/// <remarks>
/// Sizes are tried on samples that are thrown away, so each try moves the random state: the search belongs to the samples' content. A
/// sample that is too long is drawn again with one increment less. The original repeats that without end when the smallest size does not
/// fit; here it ends after <see cref="Tries"/> times.
/// </remarks>
static class RulerSize
{
    const int Tries = 50;

    /// <summary>Finds the largest size that fits, by bisection up to <paramref name="upper"/>; the increment if none does.</summary>
    internal static int Bisect(IRulerGenerator generator, int upper, Func<RulerDraft, bool> fits)
    {
        int low = generator.Increment, high = Math.Max(upper, 2 * generator.Increment), found = generator.Increment;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (fits(generator.Draw(0, middle)))
            {
                found = middle;
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }
        return found;
    }

    /// <summary>Finds the size of the paper's edition: one increment more each time until the room is filled.</summary>
    /// <param name="generator">The generator to draw from.</param>
    /// <param name="reserved">Tokens in addition to the draft's own.</param>
    /// <param name="setting">Length and tokenizer.</param>
    internal static int StepUp(IRulerGenerator generator, int reserved, RulerSetting setting)
    {
        int size = generator.Increment;
        for (int total = 0; total + reserved < setting.MaxTokens;)
        {
            RulerDraft draft = generator.Draw(0, size);
            total = setting.CountTokens(draft.Text + generator.CountedAnswers(draft.Outputs));
            if (total + reserved > setting.MaxTokens)
            {
                return size - generator.Increment;
            }
            size += generator.Increment;
            if (size > generator.LargestSize)
            {
                return generator.LargestSize;
            }
        }
        return size;
    }

    /// <summary>Draws until a sample has at most <paramref name="limit"/> tokens.</summary>
    /// <param name="generator">The generator to draw from.</param>
    /// <param name="sample">The index of the sample.</param>
    /// <param name="size">The initial size.</param>
    /// <param name="limit">Tokens.</param>
    /// <param name="finish">Makes the sample of a draft and counts it.</param>
    /// <exception cref="InputException">Not even the smallest size fits.</exception>
    internal static RulerSample Fit(IRulerGenerator generator, int sample, int size, int limit, Func<RulerDraft, RulerSample> finish)
    {
        int shortest = int.MaxValue;
        for (int idle = 0; idle < Tries;)
        {
            if (TryDraw(generator, sample, size) is { } draft)
            {
                RulerSample made = finish(draft);
                if (made.Length <= limit)
                {
                    return made;
                }
                shortest = Math.Min(shortest, made.Length);
            }
            bool shrinks = size > generator.Increment;
            size -= shrinks ? generator.Increment : 0;
            idle += shrinks ? 0 : 1;
        }
        throw new InputException(shortest == int.MaxValue
            ? $"RULER's sample {sample} does not fit {limit} tokens; use a longer context."
            : $"RULER's sample {sample} needs at least {shortest} tokens, but the context leaves {limit}; use a longer context.");
    }

    static RulerDraft? TryDraw(IRulerGenerator generator, int sample, int size)
    {
        try
        {
            return generator.Draw(sample, size);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null; // too small for what has to go in: the original draws again as well
        }
    }
}
