using System.Runtime.CompilerServices;

namespace Farsight.Engine.Kernels;

/// <summary>Computes the hyperbolic tangent of floats, a register at a time.</summary>
/// <remarks>
/// Below |x| = 0.625: x + x³ · p(x²) with p of degree 4, the coefficients of Cephes' tanhf. Above: 1 − 2 / (e^2x + 1), which is exact
/// enough there for both signs. The error is below 2.5e-7. NaN stays NaN.
/// </remarks>
static class VectorTanh
{
    const float SmallSquare = 0.390625f;
    const float P0 = -5.70498872745e-3f, P1 = 2.06390887954e-2f, P2 = -5.37397155531e-2f, P3 = 1.33314422036e-1f, P4 = -3.33332819422e-1f;

    /// <summary>Computes tanh x of a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Tanh<TVector, TTier>(TVector x)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        TVector one = TTier.Create(1), square = TTier.Multiply(x, x);
        TVector p = TTier.MultiplyAdd(TTier.Create(P0), square, TTier.Create(P1));
        p = TTier.MultiplyAdd(p, square, TTier.Create(P2));
        p = TTier.MultiplyAdd(p, square, TTier.Create(P3));
        p = TTier.MultiplyAdd(p, square, TTier.Create(P4));
        TVector small = TTier.MultiplyAdd(TTier.Multiply(p, square), x, x);
        TVector power = VectorExp.Exp<TVector, TTier>(TTier.Add(x, x));
        TVector large = TTier.Subtract(one, TTier.Divide(TTier.Create(2), TTier.Add(power, one)));
        return TTier.IfLess(square, TTier.Create(SmallSquare), small, large);
    }
}
