using System.Buffers;
using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Inference;

/// <summary>How the next token is chosen from its logits.</summary>
/// <param name="Temperature">Divides the logits; 0 takes the most likely token.</param>
/// <param name="TopP">Only the most likely tokens that together reach this share are drawn from; 1 for all.</param>
/// <param name="TopK">Only so many of the most likely tokens are drawn from, before TopP counts; 0 for all.</param>
/// <param name="MinP">Only tokens that are at least so many times as likely as the likeliest are drawn from; 0 for all.</param>
public sealed record Sampling(double Temperature, double TopP, int TopK = 0, double MinP = 0)
{
    /// <summary>The most likely token, always.</summary>
    public static Sampling Greedy { get; } = new(0, 1);

    /// <summary>Chooses a token.</summary>
    /// <param name="logits">[V]; scores before the softmax.</param>
    /// <param name="random">Advanced by one number unless greedy.</param>
    public int Choose(ReadOnlySpan<float> logits, ref SeededRandom random)
    {
        if (Temperature == 0)
        {
            return TensorPrimitives.IndexOfMax(logits);
        }

        float[] weights = ArrayPool<float>.Shared.Rent(logits.Length);
        try
        {
            Span<float> w = weights.AsSpan(0, logits.Length);
            TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), w);
            TensorPrimitives.Divide(w, (float)Temperature, w);
            for (int token = 0; token < w.Length; token++)
            {
                w[token] = VectorExp.Exp(w[token]);
            }
            if (TopP < 1 || (TopK > 0 && TopK < w.Length))
            {
                KeepMostLikely(w);
            }
            if (MinP > 0)
            {
                KeepAbove(w, (float)MinP); // the likeliest weighs 1
            }
            return Draw(w, ref random);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(weights);
        }
    }

    /// <summary>Zeroes all but the TopK largest weights, and of these all but the fewest that reach the share TopP of their sum.</summary>
    void KeepMostLikely(Span<float> weights)
    {
        int[] order = new int[weights.Length];
        float[] falling = new float[weights.Length];
        for (int token = 0; token < order.Length; token++)
        {
            (order[token], falling[token]) = (token, -weights[token]);
        }
        Array.Sort(falling, order);

        int kept = TopK > 0 ? Math.Min(TopK, order.Length) : order.Length;
        foreach (int token in order.AsSpan(kept))
        {
            weights[token] = 0;
        }
        double wanted = TopP * Sum(weights), reached = 0;
        foreach (int token in order)
        {
            if (reached >= wanted)
            {
                weights[token] = 0;
            }
            reached += weights[token];
        }
    }

    static void KeepAbove(Span<float> weights, float least)
    {
        foreach (ref float weight in weights)
        {
            weight = weight < least ? 0 : weight;
        }
    }

    static int Draw(ReadOnlySpan<float> weights, ref SeededRandom random)
    {
        double left = random.NextDouble() * Sum(weights);
        int last = 0;
        for (int token = 0; token < weights.Length; token++)
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
