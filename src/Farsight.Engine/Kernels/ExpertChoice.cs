using System.Numerics.Tensors;

namespace Farsight.Engine.Kernels;

/// <summary>Chooses the experts of one token and their weights from the logits of a router.</summary>
/// <remarks>
/// p = softmax(logits) over all experts; the k largest are chosen, the first of equals. The weight of a chosen expert is its p, or
/// its p divided by the sum over the chosen. Source: arXiv:1701.06538, Sec. 2.1, and arXiv:2401.04088, Sec. 2.1.
/// </remarks>
static class ExpertChoice
{
    /// <summary>Chooses the experts of a token.</summary>
    /// <param name="logits">[E]; replaced by p.</param>
    /// <param name="normalizes">Whether the weights are divided by their sum.</param>
    /// <param name="experts">[k] overwritten with the chosen experts, the best first.</param>
    /// <param name="weights">[k] overwritten with their weights.</param>
    public static void Forward(Span<float> logits, bool normalizes, Span<int> experts, Span<float> weights)
    {
        Shape.Same(experts.Length, weights.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(experts.Length, logits.Length);

        Choose(logits, experts);
        float max = logits[experts[0]];
        double sum = 0;
        foreach (ref float value in logits)
        {
            double power = Math.Exp((double)value - max);
            value = (float)power;
            sum += power;
        }
        TensorPrimitives.Multiply(logits, (float)(1 / sum), logits);

        double chosen = 1;
        if (normalizes)
        {
            chosen = 0;
            foreach (int expert in experts)
            {
                chosen += logits[expert];
            }
        }
        for (int j = 0; j < experts.Length; j++)
        {
            weights[j] = (float)(logits[experts[j]] / chosen);
        }
    }

    /// <summary>Computes the gradient by the logits; the choice itself is constant.</summary>
    /// <remarks>
    /// Without division: dLogits[e] = p[e] · ([e chosen] dW[e] − Σ p·dW over the chosen). With it, the weights are a softmax over the
    /// chosen alone: dLogits[e] = w[e] · (dW[e] − Σ w·dW), and 0 for the others.
    /// </remarks>
    /// <param name="probabilities">[E] p from <see cref="Forward"/> on entry, the gradient by the logits on return.</param>
    /// <param name="normalizes">As given to <see cref="Forward"/>.</param>
    /// <param name="experts">[k] from <see cref="Forward"/>.</param>
    /// <param name="weights">[k] from <see cref="Forward"/>.</param>
    /// <param name="dWeights">[k] gradient of the loss by the weights.</param>
    public static void Backward(
        Span<float> probabilities, bool normalizes, ReadOnlySpan<int> experts, ReadOnlySpan<float> weights, ReadOnlySpan<float> dWeights)
    {
        Shape.Same(experts.Length, weights.Length);
        Shape.Same(experts.Length, dWeights.Length);

        double mean = 0;
        for (int j = 0; j < weights.Length; j++)
        {
            mean += (double)weights[j] * dWeights[j];
        }
        TensorPrimitives.Multiply(probabilities, normalizes ? 0 : (float)-mean, probabilities);
        for (int j = 0; j < experts.Length; j++)
        {
            probabilities[experts[j]] = (float)(weights[j] * (dWeights[j] - mean));
        }
    }

    // k passes over the logits: k is small.
    static void Choose(ReadOnlySpan<float> logits, Span<int> experts)
    {
        for (int j = 0; j < experts.Length; j++)
        {
            int best = -1;
            for (int e = 0; e < logits.Length; e++)
            {
                if (!experts[..j].Contains(e) && (best < 0 || logits[e] > logits[best]))
                {
                    best = e;
                }
            }
            experts[j] = best;
        }
    }
}
