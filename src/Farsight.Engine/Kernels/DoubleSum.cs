using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Kernels;

/// <summary>Represents a sum in double of floats that come a register at a time.</summary>
/// <typeparam name="TVector">Vector512, Vector256 or Vector128 of floats, or one float.</typeparam>
interface IDoubleSum<TVector>
    where TVector : struct
{
    /// <summary>Gets the sum across the lanes.</summary>
    double Total { get; }

    /// <summary>Adds every float of a register.</summary>
    void Add(TVector x);

    /// <summary>Adds the square of every float of a register; squared in double.</summary>
    void AddSquare(TVector x);
}

struct DoubleSum512 : IDoubleSum<Vector512<float>>
{
    Vector512<double> _low, _high;

    public readonly double Total => Vector512.Sum(_low + _high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector512<float> x)
    {
        (Vector512<double> a, Vector512<double> b) = Vector512.Widen(x);
        _low += a;
        _high += b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddSquare(Vector512<float> x)
    {
        (Vector512<double> a, Vector512<double> b) = Vector512.Widen(x);
        _low += a * a;
        _high += b * b;
    }
}

struct DoubleSum256 : IDoubleSum<Vector256<float>>
{
    Vector256<double> _low, _high;

    public readonly double Total => Vector256.Sum(_low + _high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector256<float> x)
    {
        (Vector256<double> a, Vector256<double> b) = Vector256.Widen(x);
        _low += a;
        _high += b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddSquare(Vector256<float> x)
    {
        (Vector256<double> a, Vector256<double> b) = Vector256.Widen(x);
        _low += a * a;
        _high += b * b;
    }
}

struct DoubleSum128 : IDoubleSum<Vector128<float>>
{
    Vector128<double> _low, _high;

    public readonly double Total => Vector128.Sum(_low + _high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector128<float> x)
    {
        (Vector128<double> a, Vector128<double> b) = Vector128.Widen(x);
        _low += a;
        _high += b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddSquare(Vector128<float> x)
    {
        (Vector128<double> a, Vector128<double> b) = Vector128.Widen(x);
        _low += a * a;
        _high += b * b;
    }
}

struct DoubleSum32 : IDoubleSum<float>
{
    public double Total { readonly get; set; }

    public void Add(float x) => Total += x;

    public void AddSquare(float x) => Total += (double)x * x;
}
