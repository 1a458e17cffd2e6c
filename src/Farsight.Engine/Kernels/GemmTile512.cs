using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Kernels;

/// <summary>The register tile for 512-bit vectors: 12 rows × 32 columns, 24 accumulators.</summary>
readonly struct GemmTile512 : IGemmTile
{
    public static int Rows => 12;

    public static int Columns => 32;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int depth, ref float a, ref float b, ref float c, nint stride, bool add)
    {
        Vector512<float> r0Low = default, r0High = default;
        Vector512<float> r1Low = default, r1High = default;
        Vector512<float> r2Low = default, r2High = default;
        Vector512<float> r3Low = default, r3High = default;
        Vector512<float> r4Low = default, r4High = default;
        Vector512<float> r5Low = default, r5High = default;
        Vector512<float> r6Low = default, r6High = default;
        Vector512<float> r7Low = default, r7High = default;
        Vector512<float> r8Low = default, r8High = default;
        Vector512<float> r9Low = default, r9High = default;
        Vector512<float> r10Low = default, r10High = default;
        Vector512<float> r11Low = default, r11High = default;
        for (int k = 0; k < depth; k++)
        {
            Vector512<float> low = Vector512.LoadUnsafe(ref b), high = Vector512.LoadUnsafe(ref b, 16);
            Vector512<float> x = Vector512.Create(a);
            r0Low = Vector512.FusedMultiplyAdd(x, low, r0Low);
            r0High = Vector512.FusedMultiplyAdd(x, high, r0High);
            x = Vector512.Create(Unsafe.Add(ref a, 1));
            r1Low = Vector512.FusedMultiplyAdd(x, low, r1Low);
            r1High = Vector512.FusedMultiplyAdd(x, high, r1High);
            x = Vector512.Create(Unsafe.Add(ref a, 2));
            r2Low = Vector512.FusedMultiplyAdd(x, low, r2Low);
            r2High = Vector512.FusedMultiplyAdd(x, high, r2High);
            x = Vector512.Create(Unsafe.Add(ref a, 3));
            r3Low = Vector512.FusedMultiplyAdd(x, low, r3Low);
            r3High = Vector512.FusedMultiplyAdd(x, high, r3High);
            x = Vector512.Create(Unsafe.Add(ref a, 4));
            r4Low = Vector512.FusedMultiplyAdd(x, low, r4Low);
            r4High = Vector512.FusedMultiplyAdd(x, high, r4High);
            x = Vector512.Create(Unsafe.Add(ref a, 5));
            r5Low = Vector512.FusedMultiplyAdd(x, low, r5Low);
            r5High = Vector512.FusedMultiplyAdd(x, high, r5High);
            x = Vector512.Create(Unsafe.Add(ref a, 6));
            r6Low = Vector512.FusedMultiplyAdd(x, low, r6Low);
            r6High = Vector512.FusedMultiplyAdd(x, high, r6High);
            x = Vector512.Create(Unsafe.Add(ref a, 7));
            r7Low = Vector512.FusedMultiplyAdd(x, low, r7Low);
            r7High = Vector512.FusedMultiplyAdd(x, high, r7High);
            x = Vector512.Create(Unsafe.Add(ref a, 8));
            r8Low = Vector512.FusedMultiplyAdd(x, low, r8Low);
            r8High = Vector512.FusedMultiplyAdd(x, high, r8High);
            x = Vector512.Create(Unsafe.Add(ref a, 9));
            r9Low = Vector512.FusedMultiplyAdd(x, low, r9Low);
            r9High = Vector512.FusedMultiplyAdd(x, high, r9High);
            x = Vector512.Create(Unsafe.Add(ref a, 10));
            r10Low = Vector512.FusedMultiplyAdd(x, low, r10Low);
            r10High = Vector512.FusedMultiplyAdd(x, high, r10High);
            x = Vector512.Create(Unsafe.Add(ref a, 11));
            r11Low = Vector512.FusedMultiplyAdd(x, low, r11Low);
            r11High = Vector512.FusedMultiplyAdd(x, high, r11High);
            a = ref Unsafe.Add(ref a, 12);
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
        Store(r8Low, r8High, ref Unsafe.Add(ref c, 8 * stride), add);
        Store(r9Low, r9High, ref Unsafe.Add(ref c, 9 * stride), add);
        Store(r10Low, r10High, ref Unsafe.Add(ref c, 10 * stride), add);
        Store(r11Low, r11High, ref Unsafe.Add(ref c, 11 * stride), add);
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
