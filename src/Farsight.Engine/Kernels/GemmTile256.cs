using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the register tile for 256-bit vectors: 6 rows × 16 columns, 12 accumulators.</summary>
readonly struct GemmTile256 : IGemmTile
{
    public static int Rows => 6;

    public static int Columns => 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int depth, ref float a, nint line, nint step, ref float b, ref float c, nint stride, bool add)
    {
        Vector256<float> r0Low = default, r0High = default;
        Vector256<float> r1Low = default, r1High = default;
        Vector256<float> r2Low = default, r2High = default;
        Vector256<float> r3Low = default, r3High = default;
        Vector256<float> r4Low = default, r4High = default;
        Vector256<float> r5Low = default, r5High = default;
        Prefetch(ref c);
        Prefetch(ref Unsafe.Add(ref c, 1 * stride));
        Prefetch(ref Unsafe.Add(ref c, 2 * stride));
        Prefetch(ref Unsafe.Add(ref c, 3 * stride));
        Prefetch(ref Unsafe.Add(ref c, 4 * stride));
        Prefetch(ref Unsafe.Add(ref c, 5 * stride));
        nint two = 2 * line, three = 3 * line;
        ref float a4 = ref Unsafe.Add(ref a, 4 * line);
        for (int k = 0; k < depth; k++)
        {
            Vector256<float> low = Vector256.LoadUnsafe(ref b), high = Vector256.LoadUnsafe(ref b, 8);
            Vector256<float> x = Vector256.Create(a);
            r0Low = Vector256.FusedMultiplyAdd(x, low, r0Low);
            r0High = Vector256.FusedMultiplyAdd(x, high, r0High);
            x = Vector256.Create(Unsafe.Add(ref a, line));
            r1Low = Vector256.FusedMultiplyAdd(x, low, r1Low);
            r1High = Vector256.FusedMultiplyAdd(x, high, r1High);
            x = Vector256.Create(Unsafe.Add(ref a, two));
            r2Low = Vector256.FusedMultiplyAdd(x, low, r2Low);
            r2High = Vector256.FusedMultiplyAdd(x, high, r2High);
            x = Vector256.Create(Unsafe.Add(ref a, three));
            r3Low = Vector256.FusedMultiplyAdd(x, low, r3Low);
            r3High = Vector256.FusedMultiplyAdd(x, high, r3High);
            x = Vector256.Create(a4);
            r4Low = Vector256.FusedMultiplyAdd(x, low, r4Low);
            r4High = Vector256.FusedMultiplyAdd(x, high, r4High);
            x = Vector256.Create(Unsafe.Add(ref a4, line));
            r5Low = Vector256.FusedMultiplyAdd(x, low, r5Low);
            r5High = Vector256.FusedMultiplyAdd(x, high, r5High);
            a = ref Unsafe.Add(ref a, step);
            a4 = ref Unsafe.Add(ref a4, step);
            b = ref Unsafe.Add(ref b, 16);
        }

        Store(r0Low, r0High, ref Unsafe.Add(ref c, 0), add);
        Store(r1Low, r1High, ref Unsafe.Add(ref c, stride), add);
        Store(r2Low, r2High, ref Unsafe.Add(ref c, 2 * stride), add);
        Store(r3Low, r3High, ref Unsafe.Add(ref c, 3 * stride), add);
        Store(r4Low, r4High, ref Unsafe.Add(ref c, 4 * stride), add);
        Store(r5Low, r5High, ref Unsafe.Add(ref c, 5 * stride), add);
    }

    // A row of the result comes from far away: it is asked for before the sum and needed after it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe void Prefetch(ref float c)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref c));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Vector256<float> low, Vector256<float> high, ref float c, bool add)
    {
        if (add)
        {
            low += Vector256.LoadUnsafe(ref c);
            high += Vector256.LoadUnsafe(ref c, 8);
        }
        low.StoreUnsafe(ref c);
        high.StoreUnsafe(ref c, 8);
    }
}
