using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the register tile for 512-bit vectors: 8 rows × 32 columns, 16 accumulators.</summary>
readonly struct GemmTile512 : IGemmTile
{
    public static int Rows => 8;

    public static int Columns => 32;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int depth, ref float a, nint line, nint step, ref float b, ref float c, nint stride, bool add)
    {
        Vector512<float> r0Low = default, r0High = default;
        Vector512<float> r1Low = default, r1High = default;
        Vector512<float> r2Low = default, r2High = default;
        Vector512<float> r3Low = default, r3High = default;
        Vector512<float> r4Low = default, r4High = default;
        Vector512<float> r5Low = default, r5High = default;
        Vector512<float> r6Low = default, r6High = default;
        Vector512<float> r7Low = default, r7High = default;
        Prefetch(ref c);
        Prefetch(ref Unsafe.Add(ref c, 1 * stride));
        Prefetch(ref Unsafe.Add(ref c, 2 * stride));
        Prefetch(ref Unsafe.Add(ref c, 3 * stride));
        Prefetch(ref Unsafe.Add(ref c, 4 * stride));
        Prefetch(ref Unsafe.Add(ref c, 5 * stride));
        Prefetch(ref Unsafe.Add(ref c, 6 * stride));
        Prefetch(ref Unsafe.Add(ref c, 7 * stride));
        nint two = 2 * line, three = 3 * line;
        ref float a4 = ref Unsafe.Add(ref a, 4 * line);
        for (int k = 0; k < depth; k++)
        {
            Vector512<float> low = Vector512.LoadUnsafe(ref b), high = Vector512.LoadUnsafe(ref b, 16);
            Vector512<float> x = Vector512.Create(a);
            r0Low = Vector512.FusedMultiplyAdd(x, low, r0Low);
            r0High = Vector512.FusedMultiplyAdd(x, high, r0High);
            x = Vector512.Create(Unsafe.Add(ref a, line));
            r1Low = Vector512.FusedMultiplyAdd(x, low, r1Low);
            r1High = Vector512.FusedMultiplyAdd(x, high, r1High);
            x = Vector512.Create(Unsafe.Add(ref a, two));
            r2Low = Vector512.FusedMultiplyAdd(x, low, r2Low);
            r2High = Vector512.FusedMultiplyAdd(x, high, r2High);
            x = Vector512.Create(Unsafe.Add(ref a, three));
            r3Low = Vector512.FusedMultiplyAdd(x, low, r3Low);
            r3High = Vector512.FusedMultiplyAdd(x, high, r3High);
            x = Vector512.Create(a4);
            r4Low = Vector512.FusedMultiplyAdd(x, low, r4Low);
            r4High = Vector512.FusedMultiplyAdd(x, high, r4High);
            x = Vector512.Create(Unsafe.Add(ref a4, line));
            r5Low = Vector512.FusedMultiplyAdd(x, low, r5Low);
            r5High = Vector512.FusedMultiplyAdd(x, high, r5High);
            x = Vector512.Create(Unsafe.Add(ref a4, two));
            r6Low = Vector512.FusedMultiplyAdd(x, low, r6Low);
            r6High = Vector512.FusedMultiplyAdd(x, high, r6High);
            x = Vector512.Create(Unsafe.Add(ref a4, three));
            r7Low = Vector512.FusedMultiplyAdd(x, low, r7Low);
            r7High = Vector512.FusedMultiplyAdd(x, high, r7High);
            a = ref Unsafe.Add(ref a, step);
            a4 = ref Unsafe.Add(ref a4, step);
            b = ref Unsafe.Add(ref b, 32);
        }

        Store(r0Low, r0High, ref Unsafe.Add(ref c, 0), add);
        Store(r1Low, r1High, ref Unsafe.Add(ref c, stride), add);
        Store(r2Low, r2High, ref Unsafe.Add(ref c, 2 * stride), add);
        Store(r3Low, r3High, ref Unsafe.Add(ref c, 3 * stride), add);
        Store(r4Low, r4High, ref Unsafe.Add(ref c, 4 * stride), add);
        Store(r5Low, r5High, ref Unsafe.Add(ref c, 5 * stride), add);
        Store(r6Low, r6High, ref Unsafe.Add(ref c, 6 * stride), add);
        Store(r7Low, r7High, ref Unsafe.Add(ref c, 7 * stride), add);
    }

    // A row of the result comes from far away: it is asked for before the sum and needed after it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe void Prefetch(ref float c)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref c));
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref c, 16)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Vector512<float> low, Vector512<float> high, ref float c, bool add)
    {
        if (add)
        {
            low += Vector512.LoadUnsafe(ref c);
            high += Vector512.LoadUnsafe(ref c, 16);
        }
        low.StoreUnsafe(ref c);
        high.StoreUnsafe(ref c, 16);
    }
}
