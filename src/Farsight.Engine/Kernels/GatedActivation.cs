using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Kernels;

/// <summary>Represents an activation of the form act(g) = g · s(g), where s is a sigmoid, in registers of any width.</summary>
interface IActivation
{
    /// <summary>Computes act(g).</summary>
    static abstract TVector Value<TVector, TTier>(TVector g)
        where TVector : struct
        where TTier : IVectorTier<TVector>;

    /// <summary>Computes the derivative of act at g, and s(g).</summary>
    static abstract TVector Slope<TVector, TTier>(TVector g, out TVector s)
        where TVector : struct
        where TTier : IVectorTier<TVector>;
}

/// <summary>Computes the gated activation between the two halves of the feed-forward layer: SwiGLU with SiLU, GeGLU with GELU.</summary>
/// <remarks>
/// y[i] = act(gate[i]) · up[i]. Source: arXiv:2002.05202, Eq. 6.
/// Every element stands alone, so rows or any pieces of them can be given to any number of workers.
/// </remarks>
/// <typeparam name="TActivation"><see cref="Silu"/> or <see cref="GeluTanh"/>.</typeparam>
static class GatedActivation<TActivation>
    where TActivation : IActivation
{
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
    /// <remarks>dUp += dY · g · s  and  dGate += dY · up · act'(g).</remarks>
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

    readonly ref struct ForwardKernel(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y) : IElementwise
    {
        readonly ref float _gate = ref MemoryMarshal.GetReference(gate), _up = ref MemoryMarshal.GetReference(up);
        readonly ref float _y = ref MemoryMarshal.GetReference(y);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVector, TTier>(nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            TVector value = TActivation.Value<TVector, TTier>(TTier.Load(ref _gate, i));
            TTier.Store(TTier.Multiply(value, TTier.Load(ref _up, i)), ref _y, i);
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
            TVector d = TTier.Load(ref _dY, i), g = TTier.Load(ref _gate, i);
            TVector slope = TActivation.Slope<TVector, TTier>(g, out TVector s);
            TVector toGate = TTier.Multiply(TTier.Multiply(d, TTier.Load(ref _up, i)), slope);
            TVector toUp = TTier.Multiply(TTier.Multiply(d, g), s);
            TTier.Store(TTier.Add(TTier.Load(ref _dGate, i), toGate), ref _dGate, i);
            TTier.Store(TTier.Add(TTier.Load(ref _dUp, i), toUp), ref _dUp, i);
        }
    }
}

/// <summary>Computes SiLU: act(g) = g · σ(g), with σ(g) = 1 / (1 + e^−g).</summary>
/// <remarks>With s = σ(g):  act'(g) = s · (1 + g · (1 − s)).</remarks>
readonly struct Silu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value<TVector, TTier>(TVector g)
        where TVector : struct
        where TTier : IVectorTier<TVector> =>
        TTier.Divide(g, TTier.Add(TTier.Create(1), VectorExp.Exp<TVector, TTier>(TTier.Negate(g))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Slope<TVector, TTier>(TVector g, out TVector s)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        TVector one = TTier.Create(1);
        s = TTier.Divide(one, TTier.Add(one, VectorExp.Exp<TVector, TTier>(TTier.Negate(g))));
        return TTier.Multiply(s, TTier.Add(one, TTier.Multiply(g, TTier.Subtract(one, s))));
    }
}

/// <summary>Computes GELU in its tanh form: act(g) = g/2 · (1 + tanh u) = g · σ(2u), with u = √(2/π) · (g + 0.044715 · g³).</summary>
/// <remarks>
/// With s = σ(2u) and u' = √(2/π) · (1 + 3 · 0.044715 · g²):  act'(g) = s · (1 + g · (1 − s) · 2u'). Source: arXiv:1606.08415, Sec. 2.
/// </remarks>
readonly struct GeluTanh : IActivation
{
    const float Cubic = 0.044715f;

    // 2 · √(2/π)
    const float TwiceRoot = 1.5957691216f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value<TVector, TTier>(TVector g)
        where TVector : struct
        where TTier : IVectorTier<TVector> => TTier.Multiply(g, Sigmoid<TVector, TTier>(g, out _));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Slope<TVector, TTier>(TVector g, out TVector s)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        TVector one = TTier.Create(1);
        s = Sigmoid<TVector, TTier>(g, out TVector square);
        TVector inner = TTier.Multiply(TTier.MultiplyAdd(square, TTier.Create(3 * Cubic), one), TTier.Create(TwiceRoot));
        // g · (1 − s) first: it is bounded, while the slope inside grows with g².
        TVector bent = TTier.Multiply(TTier.Multiply(g, TTier.Subtract(one, s)), inner);
        return TTier.Multiply(s, TTier.Add(one, bent));
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
}
