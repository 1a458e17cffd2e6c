using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Kernels;

/// <summary>e^x of floats, a register at a time.</summary>
/// <remarks>
/// x = n · ln 2 + r with n the nearest integer, so |r| ≤ ln 2 / 2; e^r = 1 + r + r²·q(r) with q of degree 4 through the
/// Chebyshev nodes of that interval (relative error 1e-8 before rounding); then n is added to the exponent bits.
/// The result is within 1.5 units in the last place. Above 88.7228 it is ∞, below −87.3365 exactly 0 (the true value would
/// be subnormal); NaN stays NaN.
/// </remarks>
public static class VectorExp
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

    /// <summary>e^x of 16 floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> y = InRange(x);
        y = Vector512.ConditionalSelect(
            Vector512.LessThanOrEqual(x, Vector512.Create(Highest)),
            y,
            x * Vector512.Create(float.PositiveInfinity));
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(Lowest)), Vector512<float>.Zero, y);
    }

    /// <summary>e^x of 8 floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        Vector256<float> y = InRange(x);
        y = Vector256.ConditionalSelect(
            Vector256.LessThanOrEqual(x, Vector256.Create(Highest)),
            y,
            x * Vector256.Create(float.PositiveInfinity));
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(Lowest)), Vector256<float>.Zero, y);
    }

    /// <summary>e^x of 4 floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Exp(Vector128<float> x)
    {
        Vector128<float> y = InRange(x);
        y = Vector128.ConditionalSelect(
            Vector128.LessThanOrEqual(x, Vector128.Create(Highest)),
            y,
            x * Vector128.Create(float.PositiveInfinity));
        return Vector128.ConditionalSelect(Vector128.LessThan(x, Vector128.Create(Lowest)), Vector128<float>.Zero, y);
    }

    /// <summary>e^x of one float, with the bits that the vectors give on the same machine.</summary>
    public static float Exp(float x) => Exp(Vector128.CreateScalar(x)).ToScalar();

    /// <summary>2^x of 16 floats below 128; exactly 0 below −126. What a softmax needs, with fewer operations than e^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> PowerOfTwo(Vector512<float> x)
    {
        Vector512<float> shifted = x + Vector512.Create(Rounder);
        Vector512<float> r = x - (shifted - Vector512.Create(Rounder));
        Vector512<float> q = Vector512.MultiplyAddEstimate(Vector512.Create(B6), r, Vector512.Create(B5));
        q = Vector512.MultiplyAddEstimate(q, r, Vector512.Create(B4));
        q = Vector512.MultiplyAddEstimate(q, r, Vector512.Create(B3));
        q = Vector512.MultiplyAddEstimate(q, r, Vector512.Create(B2));
        q = Vector512.MultiplyAddEstimate(q, r, Vector512.Create(B1));
        q = Vector512.MultiplyAddEstimate(q, r, Vector512<float>.One);
        Vector512<float> y = (q.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(LowestPower)), Vector512<float>.Zero, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> InRange(Vector512<float> x)
    {
        Vector512<float> shifted = Vector512.MultiplyAddEstimate(x, Vector512.Create(Log2E), Vector512.Create(Rounder));
        Vector512<float> n = shifted - Vector512.Create(Rounder);
        Vector512<float> r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-Ln2High), x);
        r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-Ln2Low), r);
        Vector512<float> q = Vector512.MultiplyAddEstimate(Vector512.Create(C6), r, Vector512.Create(C5));
        q = Vector512.MultiplyAddEstimate(q, r, Vector512.Create(C4));
        q = Vector512.MultiplyAddEstimate(q, r, Vector512.Create(C3));
        q = Vector512.MultiplyAddEstimate(q, r, Vector512.Create(C2));
        q = Vector512.MultiplyAddEstimate(q, r, Vector512<float>.One);
        q = Vector512.MultiplyAddEstimate(q, r, Vector512<float>.One);
        return (q.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
    }

    /// <summary>2^x of 8 floats below 128; exactly 0 below −126. What a softmax needs, with fewer operations than e^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> PowerOfTwo(Vector256<float> x)
    {
        Vector256<float> shifted = x + Vector256.Create(Rounder);
        Vector256<float> r = x - (shifted - Vector256.Create(Rounder));
        Vector256<float> q = Vector256.MultiplyAddEstimate(Vector256.Create(B6), r, Vector256.Create(B5));
        q = Vector256.MultiplyAddEstimate(q, r, Vector256.Create(B4));
        q = Vector256.MultiplyAddEstimate(q, r, Vector256.Create(B3));
        q = Vector256.MultiplyAddEstimate(q, r, Vector256.Create(B2));
        q = Vector256.MultiplyAddEstimate(q, r, Vector256.Create(B1));
        q = Vector256.MultiplyAddEstimate(q, r, Vector256<float>.One);
        Vector256<float> y = (q.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(LowestPower)), Vector256<float>.Zero, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> InRange(Vector256<float> x)
    {
        Vector256<float> shifted = Vector256.MultiplyAddEstimate(x, Vector256.Create(Log2E), Vector256.Create(Rounder));
        Vector256<float> n = shifted - Vector256.Create(Rounder);
        Vector256<float> r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-Ln2High), x);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-Ln2Low), r);
        Vector256<float> q = Vector256.MultiplyAddEstimate(Vector256.Create(C6), r, Vector256.Create(C5));
        q = Vector256.MultiplyAddEstimate(q, r, Vector256.Create(C4));
        q = Vector256.MultiplyAddEstimate(q, r, Vector256.Create(C3));
        q = Vector256.MultiplyAddEstimate(q, r, Vector256.Create(C2));
        q = Vector256.MultiplyAddEstimate(q, r, Vector256<float>.One);
        q = Vector256.MultiplyAddEstimate(q, r, Vector256<float>.One);
        return (q.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
    }

    /// <summary>2^x of 4 floats below 128; exactly 0 below −126. What a softmax needs, with fewer operations than e^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<float> PowerOfTwo(Vector128<float> x)
    {
        Vector128<float> shifted = x + Vector128.Create(Rounder);
        Vector128<float> r = x - (shifted - Vector128.Create(Rounder));
        Vector128<float> q = Vector128.MultiplyAddEstimate(Vector128.Create(B6), r, Vector128.Create(B5));
        q = Vector128.MultiplyAddEstimate(q, r, Vector128.Create(B4));
        q = Vector128.MultiplyAddEstimate(q, r, Vector128.Create(B3));
        q = Vector128.MultiplyAddEstimate(q, r, Vector128.Create(B2));
        q = Vector128.MultiplyAddEstimate(q, r, Vector128.Create(B1));
        q = Vector128.MultiplyAddEstimate(q, r, Vector128<float>.One);
        Vector128<float> y = (q.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
        return Vector128.ConditionalSelect(Vector128.LessThan(x, Vector128.Create(LowestPower)), Vector128<float>.Zero, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> InRange(Vector128<float> x)
    {
        Vector128<float> shifted = Vector128.MultiplyAddEstimate(x, Vector128.Create(Log2E), Vector128.Create(Rounder));
        Vector128<float> n = shifted - Vector128.Create(Rounder);
        Vector128<float> r = Vector128.MultiplyAddEstimate(n, Vector128.Create(-Ln2High), x);
        r = Vector128.MultiplyAddEstimate(n, Vector128.Create(-Ln2Low), r);
        Vector128<float> q = Vector128.MultiplyAddEstimate(Vector128.Create(C6), r, Vector128.Create(C5));
        q = Vector128.MultiplyAddEstimate(q, r, Vector128.Create(C4));
        q = Vector128.MultiplyAddEstimate(q, r, Vector128.Create(C3));
        q = Vector128.MultiplyAddEstimate(q, r, Vector128.Create(C2));
        q = Vector128.MultiplyAddEstimate(q, r, Vector128<float>.One);
        q = Vector128.MultiplyAddEstimate(q, r, Vector128<float>.One);
        return (q.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
    }
}
