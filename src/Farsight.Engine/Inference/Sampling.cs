using System.Numerics.Tensors;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Inference;

/// <summary>How the next token is chosen from its logits.</summary>
/// <param name="Temperature">Divides the logits; 0 takes the most likely token.</param>
/// <param name="TopP">Only the most likely tokens that together reach this share are drawn from; 1 for all.</param>
public sealed record Sampling(double Temperature, double TopP)
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

        float max = TensorPrimitives.Max(logits);
        double[] weights = new double[logits.Length];
        for (int token = 0; token < weights.Length; token++)
        {
            weights[token] = Math.Exp((logits[token] - max) / Temperature);
        }
        return TopP < 1 ? Draw(weights, MostLikely(weights), ref random) : Draw(weights, [.. Enumerable.Range(0, weights.Length)], ref random);
    }

    /// <summary>The fewest tokens whose weights reach the share TopP of all, the likeliest first.</summary>
    int[] MostLikely(double[] weights)
    {
        int[] order = [.. Enumerable.Range(0, weights.Length).OrderByDescending(t => weights[t])];
        double wanted = TopP * weights.Sum(), reached = 0;
        int count = 0;
        while (count < order.Length && (count == 0 || reached < wanted))
        {
            reached += weights[order[count++]];
        }
        return order[..count];
    }

    static int Draw(double[] weights, int[] tokens, ref SeededRandom random)
    {
        double left = random.NextDouble() * tokens.Sum(t => weights[t]);
        foreach (int token in tokens)
        {
            left -= weights[token];
            if (left < 0)
            {
                return token;
            }
        }
        return tokens[^1]; // rounding left a rest
    }
}
