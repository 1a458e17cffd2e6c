using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Kernels;

/// <summary>Computes the gated activation of <see cref="SwiGlu"/> with GELU, in its tanh form, in place of SiLU.</summary>
/// <remarks>
/// y[i] = gelu(gate[i]) · up[i], with gelu(g) = g/2 · (1 + tanh u) = g · σ(2u) and u = √(2/π) · (g + 0.044715 · g³).
/// Source: arXiv:2002.05202, Eq. 6, and arXiv:1606.08415, Sec. 2.
/// </remarks>
static class GeGlu
{
    const float Cubic = 0.044715f;

    // 2 · √(2/π)
    const float TwiceRoot = 1.5957691216f;

    /// <summary>Computes y from the two projections.</summary>
    /// <param name="gate">[F] output of the gate projection.</param>
    /// <param name="up">[F] output of the up projection.</param>
    /// <param name="y">[F] overwritten; may be <paramref name="gate"/> or <paramref name="up"/> itself.</param>
    public static void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        Shape.Same(gate.Length, up.Length);
        Shape.Same(gate.Length, y.Length);

        Elementwise.Run(gate.Length, new ForwardKernel(gate, up, y));
    }

    /// <summary>Adds the gradients to <paramref name="dGate"/> and <paramref name="dUp"/>.</summary>
    /// <remarks>With s = σ(2u) and u' = √(2/π) · (1 + 3 · 0.044715 · g²):  dUp += dY · g · s  and
    /// dGate += dY · up · s · (1 + g · (1 − s) · 2u').</remarks>
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

        Elementwise.Run(gate.Length, new BackwardKernel(dY, gate, up, dGate, dUp));
    }

    /// <summary>Computes σ(2u), and g².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector Sigmoid<TVector, TTier>(TVector g, out TVector square)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        TVector one = TTier.Create(1);
        square = TTier.Multiply(g, g);
        TVector inner = TTier.MultiplyAdd(square, TTier.Create(Cubic), one);
        TVector negated = TTier.Multiply(TTier.Multiply(g, inner), TTier.Create(-TwiceRoot));
        return TTier.Divide(one, TTier.Add(one, VectorExp.Exp<TVector, TTier>(negated)));
    }

    readonly ref struct ForwardKernel(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y) : IElementwise
    {
        readonly ref float _gate = ref MemoryMarshal.GetReference(gate), _up = ref MemoryMarshal.GetReference(up);
        readonly ref float _y = ref MemoryMarshal.GetReference(y);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVector, TTier>(nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            TVector g = TTier.Load(ref _gate, i);
            TVector gelu = TTier.Multiply(g, Sigmoid<TVector, TTier>(g, out _));
            TTier.Store(TTier.Multiply(gelu, TTier.Load(ref _up, i)), ref _y, i);
        }
    }

    readonly ref struct BackwardKernel(
        ReadOnlySpan<float> dY, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> dGate, Span<float> dUp) : IElementwise
    {
        readonly ref float _dY = ref MemoryMarshal.GetReference(dY);
        readonly ref float _gate = ref MemoryMarshal.GetReference(gate), _up = ref MemoryMarshal.GetReference(up);
        readonly ref float _dGate = ref MemoryMarshal.GetReference(dGate), _dUp = ref MemoryMarshal.GetReference(dUp);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVector, TTier>(nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            TVector one = TTier.Create(1), d = TTier.Load(ref _dY, i), g = TTier.Load(ref _gate, i);
            TVector s = Sigmoid<TVector, TTier>(g, out TVector square);
            TVector inner = TTier.Multiply(TTier.MultiplyAdd(square, TTier.Create(3 * Cubic), one), TTier.Create(TwiceRoot));
            // g · (1 − s) first: it is bounded, while the slope inside grows with g².
            TVector bent = TTier.Multiply(TTier.Multiply(g, TTier.Subtract(one, s)), inner);
            TVector slope = TTier.Multiply(s, TTier.Add(one, bent));
            TVector toGate = TTier.Multiply(TTier.Multiply(d, TTier.Load(ref _up, i)), slope);
            TVector toUp = TTier.Multiply(TTier.Multiply(d, g), s);
            TTier.Store(TTier.Add(TTier.Load(ref _dGate, i), toGate), ref _dGate, i);
            TTier.Store(TTier.Add(TTier.Load(ref _dUp, i), toUp), ref _dUp, i);
        }
    }
}
