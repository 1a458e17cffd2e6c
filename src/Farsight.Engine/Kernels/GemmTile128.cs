using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the register tile for 128-bit vectors, also used without any: 4 rows × 8 columns, 8 accumulators.</summary>
readonly struct GemmTile128 : IGemmTile
{
    public static int Rows => 4;

    public static int Columns => 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int depth, ref float a, nint line, nint step, ref float b, ref float c, nint stride, bool add)
    {
        Vector128<float> r0Low = default, r0High = default;
        Vector128<float> r1Low = default, r1High = default;
        Vector128<float> r2Low = default, r2High = default;
        Vector128<float> r3Low = default, r3High = default;
        Prefetch(ref c);
        Prefetch(ref Unsafe.Add(ref c, 1 * stride));
        Prefetch(ref Unsafe.Add(ref c, 2 * stride));
        Prefetch(ref Unsafe.Add(ref c, 3 * stride));
        nint two = 2 * line, three = 3 * line;
        for (int k = 0; k < depth; k++)
        {
            Vector128<float> low = Vector128.LoadUnsafe(ref b), high = Vector128.LoadUnsafe(ref b, 4);
            Vector128<float> x = Vector128.Create(a);
            r0Low = Vector128.FusedMultiplyAdd(x, low, r0Low);
            r0High = Vector128.FusedMultiplyAdd(x, high, r0High);
            x = Vector128.Create(Unsafe.Add(ref a, line));
            r1Low = Vector128.FusedMultiplyAdd(x, low, r1Low);
            r1High = Vector128.FusedMultiplyAdd(x, high, r1High);
            x = Vector128.Create(Unsafe.Add(ref a, two));
            r2Low = Vector128.FusedMultiplyAdd(x, low, r2Low);
            r2High = Vector128.FusedMultiplyAdd(x, high, r2High);
            x = Vector128.Create(Unsafe.Add(ref a, three));
            r3Low = Vector128.FusedMultiplyAdd(x, low, r3Low);
            r3High = Vector128.FusedMultiplyAdd(x, high, r3High);
            a = ref Unsafe.Add(ref a, step);
            b = ref Unsafe.Add(ref b, 8);
        }

        Store(r0Low, r0High, ref Unsafe.Add(ref c, 0), add);
        Store(r1Low, r1High, ref Unsafe.Add(ref c, stride), add);
        Store(r2Low, r2High, ref Unsafe.Add(ref c, 2 * stride), add);
        Store(r3Low, r3High, ref Unsafe.Add(ref c, 3 * stride), add);
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
    static void Store(Vector128<float> low, Vector128<float> high, ref float c, bool add)
    {
        if (add)
        {
            low += Vector128.LoadUnsafe(ref c);
            high += Vector128.LoadUnsafe(ref c, 4);
        }
        low.StoreUnsafe(ref c);
        high.StoreUnsafe(ref c, 4);
    }
}
