using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Kernels;

/// <summary>The gated activation between the two halves of the feed-forward layer.</summary>
/// <remarks>
/// y[i] = silu(gate[i]) · up[i], with silu(g) = g · σ(g) and σ(g) = 1 / (1 + e^−g). Source: arXiv:2002.05202, Eq. 6.
/// Every element stands alone, so rows or any pieces of them can be given to any number of workers.
/// </remarks>
public static class SwiGlu
{
    /// <summary>Computes y from the two projections.</summary>
    /// <param name="gate">[F] output of the gate projection.</param>
    /// <param name="up">[F] output of the up projection.</param>
    /// <param name="y">[F] overwritten; may be <paramref name="gate"/> or <paramref name="up"/> itself.</param>
    public static void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        Shape.Same(gate.Length, up.Length);
        Shape.Same(gate.Length, y.Length);

        ref float rGate = ref MemoryMarshal.GetReference(gate),
            rUp = ref MemoryMarshal.GetReference(up),
            rY = ref MemoryMarshal.GetReference(y);
        int i = 0;
        // All spans have gate.Length floats, so a full vector at i is inside while i <= gate.Length − width.
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= gate.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                Vector512<float> g = Vector512.LoadUnsafe(ref rGate, (nuint)i);
                Vector512<float> silu = g / (Vector512<float>.One + VectorExp.Exp(-g));
                (silu * Vector512.LoadUnsafe(ref rUp, (nuint)i)).StoreUnsafe(ref rY, (nuint)i);
            }
        }
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= gate.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Vector256<float> g = Vector256.LoadUnsafe(ref rGate, (nuint)i);
                Vector256<float> silu = g / (Vector256<float>.One + VectorExp.Exp(-g));
                (silu * Vector256.LoadUnsafe(ref rUp, (nuint)i)).StoreUnsafe(ref rY, (nuint)i);
            }
        }
        for (; i < gate.Length; i++)
        {
            y[i] = gate[i] / (1 + VectorExp.Exp(-gate[i])) * up[i];
        }
    }

    /// <summary>Adds the gradients to <paramref name="dGate"/> and <paramref name="dUp"/>.</summary>
    /// <remarks>With s = σ(g):  dUp += dY · g · s  and  dGate += dY · up · s · (1 + g · (1 − s)).</remarks>
    /// <param name="dY">[F] gradient of the loss by y.</param>
    /// <param name="gate">[F] as given to <see cref="Forward"/>.</param>
    /// <param name="up">[F] as given to <see cref="Forward"/>.</param>
    /// <param name="dGate">[F] accumulated, not overwritten.</param>
    /// <param name="dUp">[F] accumulated, not overwritten.</param>
    public static void Backward(
        ReadOnlySpan<float> dY, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> dGate, Span<float> dUp)
    {
        Shape.Same(gate.Length, dY.Length);
        Shape.Same(gate.Length, up.Length);
        Shape.Same(gate.Length, dGate.Length);
        Shape.Same(gate.Length, dUp.Length);

        ref float rDY = ref MemoryMarshal.GetReference(dY),
            rGate = ref MemoryMarshal.GetReference(gate),
            rUp = ref MemoryMarshal.GetReference(up);
        ref float rDGate = ref MemoryMarshal.GetReference(dGate),
            rDUp = ref MemoryMarshal.GetReference(dUp);
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= gate.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                Vector512<float> one = Vector512<float>.One,
                    d = Vector512.LoadUnsafe(ref rDY, (nuint)i),
                    g = Vector512.LoadUnsafe(ref rGate, (nuint)i);
                Vector512<float> s = one / (one + VectorExp.Exp(-g));
                Vector512<float> slope = s * (one + g * (one - s));
                (Vector512.LoadUnsafe(ref rDGate, (nuint)i) + d * Vector512.LoadUnsafe(ref rUp, (nuint)i) * slope).StoreUnsafe(
                    ref rDGate,
                    (nuint)i);
                (Vector512.LoadUnsafe(ref rDUp, (nuint)i) + d * g * s).StoreUnsafe(ref rDUp, (nuint)i);
            }
        }
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= gate.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Vector256<float> one = Vector256<float>.One,
                    d = Vector256.LoadUnsafe(ref rDY, (nuint)i),
                    g = Vector256.LoadUnsafe(ref rGate, (nuint)i);
                Vector256<float> s = one / (one + VectorExp.Exp(-g));
                Vector256<float> slope = s * (one + g * (one - s));
                (Vector256.LoadUnsafe(ref rDGate, (nuint)i) + d * Vector256.LoadUnsafe(ref rUp, (nuint)i) * slope).StoreUnsafe(
                    ref rDGate,
                    (nuint)i);
                (Vector256.LoadUnsafe(ref rDUp, (nuint)i) + d * g * s).StoreUnsafe(ref rDUp, (nuint)i);
            }
        }
        for (; i < gate.Length; i++)
        {
            float s = 1 / (1 + VectorExp.Exp(-gate[i]));
            dGate[i] += dY[i] * up[i] * (s * (1 + gate[i] * (1 - s)));
            dUp[i] += dY[i] * gate[i] * s;
        }
    }
}
