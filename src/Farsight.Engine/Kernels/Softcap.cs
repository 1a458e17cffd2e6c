using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Kernels;

/// <summary>Limits scores softly: y = c · tanh(x / c), so that −c &lt; y &lt; c.</summary>
/// <remarks>The slope follows from the result: dy/dx = 1 − (y / c)². Source: arXiv:2408.00118, Sec. 2, and arXiv:1611.09940.</remarks>
static class Softcap
{
    /// <summary>Replaces every score by its limited value.</summary>
    /// <param name="scores">[n] changed in place.</param>
    /// <param name="cap">c, above 0.</param>
    public static void Forward(Span<float> scores, float cap) => Elementwise.Run(scores.Length, new ForwardKernel(scores, cap));

    /// <summary>Computes 1 − (y / c)² of a register of limited scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Slope<TVector, TTier>(TVector y, TVector inverseCap)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        TVector t = TTier.Multiply(y, inverseCap);
        return TTier.Subtract(TTier.Create(1), TTier.Multiply(t, t));
    }

    readonly ref struct ForwardKernel(Span<float> scores, float cap) : IElementwise
    {
        readonly ref float _scores = ref MemoryMarshal.GetReference(scores);
        readonly float _cap = cap, _inverse = 1 / cap;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVector, TTier>(nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            TVector x = TTier.Multiply(TTier.Load(ref _scores, i), TTier.Create(_inverse));
            TTier.Store(TTier.Multiply(VectorTanh.Tanh<TVector, TTier>(x), TTier.Create(_cap)), ref _scores, i);
        }
    }
}
