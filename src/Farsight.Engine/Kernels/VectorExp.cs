using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Kernels;

/// <summary>Computes e^x and 2^x of floats, a register at a time.</summary>
/// <remarks>
/// x = n · ln 2 + r with n the nearest integer, so |r| ≤ ln 2 / 2; e^r = 1 + r + r²·q(r) with q of degree 4 through the
/// Chebyshev nodes of that interval (relative error 1e-8 before rounding); then n is added to the exponent bits.
/// The result is within 1.5 units in the last place. Above 88.7228 it is ∞, below −87.3365 exactly 0 (the true value would
/// be subnormal); NaN stays NaN. All widths give the same bits on the same machine.
/// </remarks>
static class VectorExp
{
    const float Lowest = -87.3365f, Highest = 88.72283f;
    const float Log2E = 1.44269504f;

    // ln 2 in two parts: the first has few bits, so n times it is exact.
    const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;

    // Adding 1.5 · 2²³ rounds to an integer and leaves that integer in the low bits.
    const float Rounder = 12582912f;

    const float C2 = 0.5f, C3 = 0.16666577f, C4 = 0.041666555f, C5 = 0.008363185f, C6 = 0.0013926191f;

    // The same polynomial in r · ln 2, for powers of two.
    const float LowestPower = -125.999f;
    const float B1 = 0.693147181f, B2 = 0.240226507f, B3 = 0.0555038099f, B4 = 0.00961810323f, B5 = 0.00133813217f, B6 = 0.000154449005f;

    /// <summary>Computes e^x of one float.</summary>
    public static float Exp(float x) => Exp<float, Tier32>(x);

    /// <summary>Replaces every value by its e^x.</summary>
    /// <param name="values">[n] changed in place.</param>
    public static void Exp(Span<float> values) => Elementwise.Run(values.Length, new ExpKernel(values));

    /// <summary>Computes e^x of a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Exp<TVector, TTier>(TVector x)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        TVector shifted = TTier.MultiplyAdd(x, TTier.Create(Log2E), TTier.Create(Rounder));
        TVector n = TTier.Subtract(shifted, TTier.Create(Rounder));
        TVector r = TTier.MultiplyAdd(n, TTier.Create(-Ln2High), x);
        r = TTier.MultiplyAdd(n, TTier.Create(-Ln2Low), r);
        TVector q = TTier.MultiplyAdd(TTier.Create(C6), r, TTier.Create(C5));
        q = TTier.MultiplyAdd(q, r, TTier.Create(C4));
        q = TTier.MultiplyAdd(q, r, TTier.Create(C3));
        q = TTier.MultiplyAdd(q, r, TTier.Create(C2));
        q = TTier.MultiplyAdd(q, r, TTier.Create(1));
        q = TTier.MultiplyAdd(q, r, TTier.Create(1));
        TVector y = TTier.AddToExponent(q, shifted);
        y = TTier.IfAtMost(x, TTier.Create(Highest), y, TTier.Multiply(x, TTier.Create(float.PositiveInfinity)));
        return TTier.IfLess(x, TTier.Create(Lowest), TTier.Create(0), y);
    }

    /// <summary>Computes 2^x for x below 128; exactly 0 below −126. Sufficient for a softmax, with fewer operations than e^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector PowerOfTwo<TVector, TTier>(TVector x)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        TVector shifted = TTier.Add(x, TTier.Create(Rounder));
        TVector r = TTier.Subtract(x, TTier.Subtract(shifted, TTier.Create(Rounder)));
        TVector q = TTier.MultiplyAdd(TTier.Create(B6), r, TTier.Create(B5));
        q = TTier.MultiplyAdd(q, r, TTier.Create(B4));
        q = TTier.MultiplyAdd(q, r, TTier.Create(B3));
        q = TTier.MultiplyAdd(q, r, TTier.Create(B2));
        q = TTier.MultiplyAdd(q, r, TTier.Create(B1));
        q = TTier.MultiplyAdd(q, r, TTier.Create(1));
        return TTier.IfLess(x, TTier.Create(LowestPower), TTier.Create(0), TTier.AddToExponent(q, shifted));
    }

    readonly ref struct ExpKernel(Span<float> values) : IElementwise
    {
        readonly ref float _values = ref MemoryMarshal.GetReference(values);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVector, TTier>(nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector> =>
            TTier.Store(Exp<TVector, TTier>(TTier.Load(ref _values, i)), ref _values, i);
    }
}
