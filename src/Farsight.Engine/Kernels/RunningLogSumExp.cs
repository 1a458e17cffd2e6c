using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Kernels;

/// <summary>Represents log Σ e^logit of scores that come in pieces, without overflow.</summary>
/// <remarks>
/// Keeps m = max and s = Σ e^(logit − m); a piece with a larger maximum m' scales s by e^(m − m').
/// Source: arXiv:1805.02867, Algorithm 3. A piece is summed in F32 lanes, in an order that depends on the register
/// width only, and the pieces in double.
/// A NaN or +∞ among the scores makes the value NaN.
/// </remarks>
/// <param name="Max">m: the largest score so far.</param>
/// <param name="Sum">s, at least 1 once there is a score.</param>
readonly record struct RunningLogSumExp(float Max, double Sum)
{
    /// <summary>Gets the value of no scores.</summary>
    internal static RunningLogSumExp Empty => new(float.NegativeInfinity, 0);

    /// <summary>Gets m + log s.</summary>
    internal double Value => Max + Math.Log(Sum);

    /// <summary>Returns this value with more scores added.</summary>
    /// <param name="logits">[n] at least one.</param>
    internal RunningLogSumExp With(ReadOnlySpan<float> logits)
    {
        float max = MathF.Max(Max, TensorPrimitives.Max(logits));
        return new(max, Sum * Math.Exp((double)Max - max) + SumExp(logits, max));
    }

    static double SumExp(ReadOnlySpan<float> logits, float max)
    {
        int i = 0;
        double sum = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            sum += SumExp<Vector512<float>, Tier512>(logits, max, ref i);
        }
        sum += Vector256.IsHardwareAccelerated
            ? SumExp<Vector256<float>, Tier256>(logits, max, ref i)
            : SumExp<Vector128<float>, Tier128>(logits, max, ref i);
        for (; i < logits.Length; i++)
        {
            sum += VectorExp.Exp(logits[i] - max);
        }
        return sum;
    }

    /// <summary>Computes the sum over the full registers from <paramref name="i"/> on, and moves i behind them.</summary>
    static double SumExp<TVector, TTier>(ReadOnlySpan<float> logits, float max, ref int i)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        ref float r = ref MemoryMarshal.GetReference(logits);
        TVector lanes = TTier.Create(0), m = TTier.Create(max);
        int at = i;
        // A full register at `at` is inside while at <= logits.Length − width.
        for (; at <= logits.Length - TTier.Count; at += TTier.Count)
        {
            lanes = TTier.Add(lanes, VectorExp.Exp<TVector, TTier>(TTier.Subtract(TTier.Load(ref r, at), m)));
        }
        i = at;
        return TTier.Sum(lanes);
    }
}
