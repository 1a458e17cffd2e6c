using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Kernels;

/// <summary>log Σ e^logit of scores that come in pieces, without overflow.</summary>
/// <remarks>
/// Keeps m = max and s = Σ e^(logit − m); a piece with a larger maximum m' scales s by e^(m − m').
/// Source: arXiv:1805.02867, Algorithm 3. A piece is summed in F32 lanes in a fixed order, the pieces in double.
/// A NaN or +∞ among the scores makes the value NaN.
/// </remarks>
/// <param name="Max">m: the largest score so far.</param>
/// <param name="Sum">s, at least 1 once there is a score.</param>
readonly record struct RunningLogSumExp(float Max, double Sum)
{
    /// <summary>Nothing seen yet.</summary>
    internal static RunningLogSumExp Empty => new(float.NegativeInfinity, 0);

    /// <summary>m + log s.</summary>
    internal double Value => Max + Math.Log(Sum);

    /// <summary>This with more scores.</summary>
    /// <param name="logits">[n] at least one.</param>
    internal RunningLogSumExp With(ReadOnlySpan<float> logits)
    {
        float max = MathF.Max(Max, TensorPrimitives.Max(logits));
        return new(max, Sum * Math.Exp((double)Max - max) + SumExp(logits, max));
    }

    static double SumExp(ReadOnlySpan<float> logits, float max)
    {
        ref float r = ref MemoryMarshal.GetReference(logits);
        double sum = 0;
        int i = 0;
        // A full vector at i is inside while i <= logits.Length − width.
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> lanes = default, m = Vector512.Create(max);
            for (; i <= logits.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                lanes += VectorExp.Exp(Vector512.LoadUnsafe(ref r, (nuint)i) - m);
            }
            sum = Vector512.Sum(lanes);
        }
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<float> lanes = default, m = Vector256.Create(max);
            for (; i <= logits.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                lanes += VectorExp.Exp(Vector256.LoadUnsafe(ref r, (nuint)i) - m);
            }
            sum += Vector256.Sum(lanes);
        }
        for (; i < logits.Length; i++)
        {
            sum += VectorExp.Exp(logits[i] - max);
        }
        return sum;
    }
}
