using System.Numerics.Tensors;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Computes the attention of single queries over listed keys, and joins attention over disjoint keys.</summary>
/// <remarks>The scores and their softmax are those of <see cref="TreeAttention"/>. One query head at a time: for short lists of keys that
/// differ by query or by head.</remarks>
static class SparseAttention
{
    /// <summary>Computes scores[i] = a · q·k of listed keys, with the soft limit of the shape.</summary>
    /// <param name="query">[Dh] of one head, rotated as the keys need it.</param>
    /// <param name="keys">[S, Hkv · Dh]</param>
    /// <param name="keyHead">Key head that the query head reads.</param>
    /// <param name="rows">Rows of the keys.</param>
    /// <param name="shape">Heads.</param>
    /// <param name="scores">[rows] overwritten.</param>
    internal static void Scores(
        ReadOnlySpan<float> query, Rows keys, int keyHead, ReadOnlySpan<int> rows, AttentionShape shape, Span<float> scores)
    {
        int at = keyHead * shape.HeadDim;
        for (int i = 0; i < rows.Length; i++)
        {
            float score = shape.Scale * TensorPrimitives.Dot(query, keys[rows[i]].Slice(at, shape.HeadDim));
            scores[i] = shape.Softcap is { } cap ? cap * MathF.Tanh(score / cap) : score;
        }
    }

    /// <summary>Computes the softmax of scores in place.</summary>
    /// <returns>log Σ e^score, nats; −∞ without scores.</returns>
    internal static float Softmax(Span<float> scores)
    {
        if (scores.Length == 0)
        {
            return float.NegativeInfinity;
        }
        float peak = TensorPrimitives.Max<float>(scores);
        double sum = 0;
        foreach (ref float score in scores)
        {
            score = MathF.Exp(score - peak);
            sum += score;
        }
        TensorPrimitives.Multiply(scores, (float)(1 / sum), scores);
        return (float)(peak + Math.Log(sum));
    }

    /// <summary>Computes Σ weights[i] · v[i] over listed rows of values, or of keys.</summary>
    /// <param name="weights">[rows]</param>
    /// <param name="values">[S, Hkv · Dh]</param>
    /// <param name="keyHead">Head of the values.</param>
    /// <param name="rows">Rows of the values.</param>
    /// <param name="sum">[Dh] overwritten.</param>
    internal static void Sum(ReadOnlySpan<float> weights, Rows values, int keyHead, ReadOnlySpan<int> rows, Span<float> sum)
    {
        sum.Clear();
        for (int i = 0; i < rows.Length; i++)
        {
            TensorPrimitives.MultiplyAdd(values[rows[i]].Slice(keyHead * sum.Length, sum.Length), weights[i], sum, sum);
        }
    }

    /// <summary>Joins attention over disjoint sets of keys into the attention over all of them, in place.</summary>
    /// <remarks>With L = log(e^a + e^b) of both logSumExp: o = e^(a − L) · o_a + e^(b − L) · o_b.</remarks>
    /// <param name="output">[T, H · Dh] over the first keys on entry, over all keys on return.</param>
    /// <param name="logSumExp">[T, H] of the first keys.</param>
    /// <param name="other">[T, H · Dh] over the other keys.</param>
    /// <param name="otherLogSumExp">[T, H]; −∞ where a head has no other keys.</param>
    /// <param name="shape">Heads.</param>
    internal static void Join(Rows output, Rows logSumExp, Rows other, Rows otherLogSumExp, AttentionShape shape) =>
        Workers.For(output.Count, row =>
        {
            for (int head = 0; head < shape.Heads; head++)
            {
                float a = logSumExp[row][head], b = otherLogSumExp[row][head], peak = Math.Max(a, b);
                double total = Math.Exp(a - peak) + Math.Exp(b - peak);
                Span<float> sum = output[row].Slice(head * shape.HeadDim, shape.HeadDim);
                TensorPrimitives.Multiply(sum, (float)(Math.Exp(a - peak) / total), sum);
                TensorPrimitives.MultiplyAdd(
                    other[row].Slice(head * shape.HeadDim, shape.HeadDim), (float)(Math.Exp(b - peak) / total), sum, sum);
            }
        });
}
