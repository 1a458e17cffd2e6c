using System.Buffers;
using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Inference;

/// <summary>Represents the rule that chooses the next token from its logits.</summary>
/// <remarks>
/// A token's weight is e^((logit − maximum) / Temperature). TopK, TopP and MinP restrict the tokens in this order. Among tokens of
/// equal weight, the lower id counts as more likely. The same logits, settings and seed give the same token.
/// </remarks>
/// <param name="Temperature">Divisor of the logits; 0 always chooses the most likely token.</param>
/// <param name="TopP">Keeps the fewest most likely tokens whose weights reach this share of the sum; 1 keeps all.</param>
/// <param name="TopK">Maximum number of most likely tokens to keep; 0 keeps all.</param>
/// <param name="MinP">Minimum weight relative to the most likely token; 0 keeps all.</param>
public sealed record Sampling(double Temperature, double TopP, int TopK = 0, double MinP = 0)
{
    // Below this distance from 1, rounding of the sum could decide which tokens are needed to reach TopP.
    const double LeastRest = 1e-6;

    /// <summary>Gets the rule that always chooses the most likely token.</summary>
    public static Sampling Greedy { get; } = new(0, 1);

    /// <summary>Chooses a token.</summary>
    /// <param name="logits">[V] scores before the softmax.</param>
    /// <param name="random">Advanced by one number unless the temperature is 0.</param>
    /// <exception cref="InputException">A logit is NaN, or the maximum is infinite; −∞ excludes a token.</exception>
    public int Choose(ReadOnlySpan<float> logits, ref SeededRandom random)
    {
        int best = TensorPrimitives.IndexOfMax(logits); // the first NaN if there is one
        float maximum = logits[best];
        if (!float.IsFinite(maximum))
        {
            throw new InputException("The model's logits are not finite; check its weights or the adapter.");
        }
        if ((float)Temperature == 0) // also for a temperature below the least float, by which no logit can be divided
        {
            return best;
        }

        float[] weights = ArrayPool<float>.Shared.Rent(logits.Length);
        int[] tokens = ArrayPool<int>.Shared.Rent(logits.Length);
        try
        {
            Span<float> w = weights.AsSpan(0, logits.Length);
            TensorPrimitives.Subtract(logits, maximum, w);
            TensorPrimitives.Divide(w, (float)Temperature, w);
            VectorExp.Exp(w);
            return Draw(w, Kept(w, tokens), ref random);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(weights);
            ArrayPool<int>.Shared.Return(tokens);
        }
    }

    /// <summary>Selects the tokens to draw from.</summary>
    /// <param name="weights">[V]</param>
    /// <param name="buffer">[at least V] overwritten.</param>
    /// <returns>Token ids, ascending.</returns>
    ReadOnlySpan<int> Kept(ReadOnlySpan<float> weights, Span<int> buffer)
    {
        bool isLimited = TopK > 0 && TopK < weights.Length;
        Span<int> tokens;
        if (isLimited)
        {
            tokens = AtLeast(LeastOfTop(weights), weights, buffer);
            tokens = MostLikely(weights, tokens, TopK, double.PositiveInfinity);
            tokens = MostLikely(weights, tokens, tokens.Length, TopP * Sum(weights, tokens));
        }
        else if (TopP < 1)
        {
            double sum = Sum(weights);
            tokens = AtLeast(LeastOfShare(sum, weights.Length), weights, buffer);
            tokens = MostLikely(weights, tokens, tokens.Length, TopP * sum);
        }
        else
        {
            tokens = AtLeast(0, weights, buffer);
        }
        return tokens[..CountAtLeast((float)MinP, weights, tokens)]; // the most likely token has the weight 1
    }

    /// <summary>Moves the tokens of at least some weight to the front, in order, and returns their number.</summary>
    static int CountAtLeast(float least, ReadOnlySpan<float> weights, Span<int> tokens)
    {
        int count = 0;
        foreach (int token in tokens)
        {
            tokens[count] = token;
            count += weights[token] >= least ? 1 : 0;
        }
        return count;
    }

    /// <summary>Computes a lower bound of the TopK-th largest weight: the minimum of the maxima of TopK disjoint blocks.</summary>
    float LeastOfTop(ReadOnlySpan<float> weights)
    {
        int size = weights.Length / TopK;
        float least = float.PositiveInfinity;
        for (int block = 0; block < TopK; block++)
        {
            least = MathF.Min(least, TensorPrimitives.Max(weights.Slice(block * size, size)));
        }
        return least;
    }

    /// <summary>Computes a weight below which tokens are not needed to reach TopP: together they weigh half of what TopP drops.</summary>
    float LeastOfShare(double sum, int count) => 1 - TopP > LeastRest ? (float)((1 - TopP) * sum / (2.0 * count)) : 0;

    /// <summary>Collects all tokens of at least some weight, ascending.</summary>
    /// <param name="least">The weight.</param>
    /// <param name="weights">[V]</param>
    /// <param name="buffer">[V] overwritten.</param>
    static Span<int> AtLeast(float least, ReadOnlySpan<float> weights, Span<int> buffer)
    {
        int count = 0;
        for (int token = 0; token < weights.Length; token++)
        {
            buffer[count] = token; // overwritten by the next token where this one is too light
            count += weights[token] >= least ? 1 : 0;
        }
        return buffer[..count];
    }

    /// <summary>Selects the most likely tokens, until there are enough or their weights reach a sum.</summary>
    /// <param name="weights">[V]</param>
    /// <param name="tokens">Ids to select from; reordered.</param>
    /// <param name="count">Maximum number of tokens; at most as many as there are.</param>
    /// <param name="wanted">The sum, added up in falling order.</param>
    /// <returns>The selected part of <paramref name="tokens"/>, ascending.</returns>
    static Span<int> MostLikely(ReadOnlySpan<float> weights, Span<int> tokens, int count, double wanted)
    {
        // A heap, from which the most likely token is taken again and again: the rest is never sorted.
        for (int parent = tokens.Length / 2 - 1; parent >= 0; parent--)
        {
            SiftDown(weights, tokens, parent);
        }
        int end = tokens.Length;
        for (double reached = 0; end > tokens.Length - count && reached < wanted;)
        {
            reached += weights[tokens[0]];
            end--;
            (tokens[0], tokens[end]) = (tokens[end], tokens[0]);
            SiftDown(weights, tokens[..end], 0);
        }
        Span<int> selected = tokens[end..];
        selected.Sort();
        return selected;
    }

    static void SiftDown(ReadOnlySpan<float> weights, Span<int> heap, int parent)
    {
        while (2 * parent + 1 < heap.Length)
        {
            int child = 2 * parent + 1;
            if (child + 1 < heap.Length && IsMoreLikely(weights, heap[child + 1], heap[child]))
            {
                child++;
            }
            if (!IsMoreLikely(weights, heap[child], heap[parent]))
            {
                return;
            }
            (heap[parent], heap[child]) = (heap[child], heap[parent]);
            parent = child;
        }
    }

    static bool IsMoreLikely(ReadOnlySpan<float> weights, int a, int b) =>
        weights[a] > weights[b] || (weights[a] == weights[b] && a < b);

    static int Draw(ReadOnlySpan<float> weights, ReadOnlySpan<int> tokens, ref SeededRandom random)
    {
        double left = random.NextDouble() * Sum(weights, tokens);
        int last = 0;
        foreach (int token in tokens)
        {
            if (weights[token] > 0)
            {
                left -= weights[token];
                last = token;
                if (left < 0)
                {
                    break;
                }
            }
        }
        return last; // where rounding left a rest, the last token that can be drawn
    }

    static double Sum(ReadOnlySpan<float> weights, ReadOnlySpan<int> tokens)
    {
        double sum = 0;
        foreach (int token in tokens)
        {
            sum += weights[token];
        }
        return sum;
    }

    static double Sum(ReadOnlySpan<float> weights)
    {
        double sum = 0;
        foreach (float weight in weights)
        {
            sum += weight;
        }
        return sum;
    }
}

/// <summary>Reduces the logits of tokens that already occur in the text.</summary>
/// <remarks>
/// Divides the logit of a seen token by the penalty if it is positive, and multiplies it if it is negative.
/// Source: arXiv:1909.05858v2, section 4.1, with the sign handled as Hugging Face does.
/// </remarks>
public static class RepetitionPenalty
{
    /// <summary>Changes logits in place.</summary>
    /// <param name="logits">[V]</param>
    /// <param name="seen">Distinct token ids of prompt and answer.</param>
    /// <param name="penalty">Penalty, > 0; 1 has no effect.</param>
    public static void Apply(Span<float> logits, IEnumerable<int> seen, float penalty)
    {
        foreach (int token in seen)
        {
            logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
        }
    }
}
