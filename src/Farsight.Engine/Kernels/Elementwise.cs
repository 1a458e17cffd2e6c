using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Kernels;

/// <summary>Represents a kernel whose elements are independent of each other, written once for every register width.</summary>
interface IElementwise
{
    /// <summary>Computes the elements i … i + TTier.Count − 1.</summary>
    void Step<TVector, TTier>(nint i)
        where TVector : struct
        where TTier : IVectorTier<TVector>;
}

/// <summary>Represents the terms of a sum over spans, written once for every register width.</summary>
interface ITerms
{
    /// <summary>Adds the terms i … i + TTier.Count − 1.</summary>
    void AddTo<TVector, TTier, TSum>(ref TSum sum, nint i)
        where TVector : struct
        where TTier : IVectorTier<TVector>
        where TSum : struct, IDoubleSum<TVector>;
}

/// <summary>Runs kernels over spans of any length: full registers of the processor, widest first, then single floats.</summary>
/// <remarks>
/// At 512 bits the rest of the span goes through 256 bits. Registers of 128 bits are used only where they are the widest, so that
/// sums have one order per machine. The results of element-wise kernels have the same bits at every width; sums differ in rounding.
/// </remarks>
static class Elementwise
{
    /// <summary>Computes all elements.</summary>
    /// <param name="length">The length of every span that the kernel holds: a register at i is inside while i ≤ length − width.</param>
    /// <param name="kernel">What to compute.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Run<TKernel>(int length, TKernel kernel)
        where TKernel : struct, IElementwise, allows ref struct
    {
        nint i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= length - Tier512.Count; i += Tier512.Count)
            {
                kernel.Step<Vector512<float>, Tier512>(i);
            }
        }
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= length - Tier256.Count; i += Tier256.Count)
            {
                kernel.Step<Vector256<float>, Tier256>(i);
            }
        }
        else
        {
            for (; i <= length - Tier128.Count; i += Tier128.Count)
            {
                kernel.Step<Vector128<float>, Tier128>(i);
            }
        }
        for (; i < length; i++)
        {
            kernel.Step<float, Tier32>(i);
        }
    }

    /// <summary>Computes the sum of all terms in double.</summary>
    /// <param name="length">The length of every span that the terms hold.</param>
    /// <param name="terms">What to add.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static double Sum<TTerms>(int length, TTerms terms)
        where TTerms : struct, ITerms, allows ref struct
    {
        nint i = 0;
        DoubleSum32 sum = default;
        if (Vector512.IsHardwareAccelerated)
        {
            DoubleSum512 lanes = default;
            for (; i <= length - Tier512.Count; i += Tier512.Count)
            {
                terms.AddTo<Vector512<float>, Tier512, DoubleSum512>(ref lanes, i);
            }
            sum.Total += lanes.Total;
        }
        if (Vector256.IsHardwareAccelerated)
        {
            DoubleSum256 lanes = default;
            for (; i <= length - Tier256.Count; i += Tier256.Count)
            {
                terms.AddTo<Vector256<float>, Tier256, DoubleSum256>(ref lanes, i);
            }
            sum.Total += lanes.Total;
        }
        else
        {
            DoubleSum128 lanes = default;
            for (; i <= length - Tier128.Count; i += Tier128.Count)
            {
                terms.AddTo<Vector128<float>, Tier128, DoubleSum128>(ref lanes, i);
            }
            sum.Total += lanes.Total;
        }
        for (; i < length; i++)
        {
            terms.AddTo<float, Tier32, DoubleSum32>(ref sum, i);
        }
        return sum.Total;
    }
}
