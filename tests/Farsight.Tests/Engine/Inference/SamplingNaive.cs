using Farsight.Engine.Inference;
using Farsight.Engine.Kernels;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Inference;

/// <summary>Sorts the whole vocabulary and zeroes the weights of what is not kept.</summary>
static class SamplingNaive
{
    internal static int Choose(Sampling sampling, float[] logits, ref SeededRandom random)
    {
        float max = logits.Max();
        float[] weights = [.. logits.Select(l => VectorExp.Exp((l - max) / (float)sampling.Temperature))];
        int[] order = [.. Enumerable.Range(0, weights.Length).OrderByDescending(t => weights[t])]; // stable: the lower id first
        if (sampling.TopP < 1 || (sampling.TopK > 0 && sampling.TopK < weights.Length))
        {
            foreach (int token in order.Skip(sampling.TopK > 0 ? sampling.TopK : order.Length))
            {
                weights[token] = 0;
            }
            double wanted = sampling.TopP * Sum(weights), reached = 0;
            foreach (int token in order)
            {
                if (reached >= wanted)
                {
                    weights[token] = 0;
                }
                reached += weights[token];
            }
        }
        for (int token = 0; token < weights.Length; token++)
        {
            weights[token] = weights[token] < (float)sampling.MinP ? 0 : weights[token];
        }

        double left = random.NextDouble() * Sum(weights);
        int last = 0;
        for (int token = 0; token < weights.Length && left >= 0; token++)
        {
            if (weights[token] > 0)
            {
                left -= weights[token];
                last = token;
            }
        }
        return last;
    }

    // One after the other: the order of a sum decides about its last bits.
    static double Sum(float[] weights)
    {
        double sum = 0;
        foreach (float weight in weights)
        {
            sum += weight;
        }
        return sum;
    }
}
