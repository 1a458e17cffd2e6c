using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Kernels;

/// <summary>Computes the gated activation between the two halves of the feed-forward layer.</summary>
/// <remarks>
/// y[i] = silu(gate[i]) · up[i], with silu(g) = g · σ(g) and σ(g) = 1 / (1 + e^−g). Source: arXiv:2002.05202, Eq. 6.
/// Every element stands alone, so rows or any pieces of them can be given to any number of workers.
/// </remarks>
static class SwiGlu
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
            TVector g = TTier.Load(ref _gate, i);
            TVector silu = TTier.Divide(g, TTier.Add(TTier.Create(1), VectorExp.Exp<TVector, TTier>(TTier.Negate(g))));
            TTier.Store(TTier.Multiply(silu, TTier.Load(ref _up, i)), ref _y, i);
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
            TVector s = TTier.Divide(one, TTier.Add(one, VectorExp.Exp<TVector, TTier>(TTier.Negate(g))));
            TVector slope = TTier.Multiply(s, TTier.Add(one, TTier.Multiply(g, TTier.Subtract(one, s))));
            TVector toGate = TTier.Multiply(TTier.Multiply(d, TTier.Load(ref _up, i)), slope);
            TVector toUp = TTier.Multiply(TTier.Multiply(d, g), s);
            TTier.Store(TTier.Add(TTier.Load(ref _dGate, i), toGate), ref _dGate, i);
            TTier.Store(TTier.Add(TTier.Load(ref _dUp, i), toUp), ref _dUp, i);
        }
    }
}
