using System.Runtime.CompilerServices;

namespace Farsight.Engine.Kernels;

/// <summary>Computes the two small matrix products of attention, in registers.</summary>
/// <remarks>
/// Everything is a tile of 8 rows × 32 columns of C, kept in registers while the depth runs: in 16 of 32 registers, or
/// in pieces of 4 rows × 2 registers where there are only 16 registers. Rows of B and C are read and written whole, elements
/// of A are broadcast; no sum runs across a register.
/// </remarks>
static class AttentionTile<TVector, TTier>
    where TVector : struct
    where TTier : IVectorTier<TVector>
{
    internal const int Rows = 8, Columns = 32;

    /// <summary>C[i, j] = (add ? C[i, j] : 0) + Σₖ A[k, i] · B[k, j].</summary>
    /// <param name="a">[depth, 8] without gaps.</param>
    /// <param name="b">[depth, 32] without gaps.</param>
    /// <param name="depth">Number of k.</param>
    /// <param name="c">[8, 32] without gaps.</param>
    /// <param name="add">Whether to add to C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Panel(ref float a, ref float b, int depth, ref float c, bool add)
    {
        if (TTier.ManyRegisters)
        {
            Eight(ref a, Rows, 1, ref b, Columns, depth, ref c, Columns, add);
            return;
        }
        for (nint j = 0; j < Columns; j += 2 * TTier.Count)
        {
            Four(ref a, Rows, 1, ref Unsafe.Add(ref b, j), Columns, depth, ref Unsafe.Add(ref c, j), Columns, add);
            Four(
                ref Unsafe.Add(ref a, 4),
                Rows,
                1,
                ref Unsafe.Add(ref b, j),
                Columns,
                depth,
                ref Unsafe.Add(ref c, 4 * Columns + j),
                Columns,
                add);
        }
    }

    /// <summary>C[i, j] += Σₖ A[i, k] · B[k, j], k = 0 … 31.</summary>
    /// <param name="a">[8, 32] without gaps.</param>
    /// <param name="b">[32, 32], rows <paramref name="stride"/> apart.</param>
    /// <param name="c">[8, 32], rows <paramref name="stride"/> apart.</param>
    /// <param name="stride">Floats between rows of B, and of C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Lanes(ref float a, ref float b, ref float c, nint stride)
    {
        if (TTier.ManyRegisters)
        {
            Eight(ref a, 1, Columns, ref b, stride, Columns, ref c, stride, add: true);
            return;
        }
        for (nint j = 0; j < Columns; j += 2 * TTier.Count)
        {
            Four(ref a, 1, Columns, ref Unsafe.Add(ref b, j), stride, Columns, ref Unsafe.Add(ref c, j), stride, add: true);
            Four(
                ref Unsafe.Add(ref a, 4 * Columns),
                1,
                Columns,
                ref Unsafe.Add(ref b, j),
                stride,
                Columns,
                ref Unsafe.Add(ref c, 4 * stride + j),
                stride,
                add: true);
        }
    }

    /// <summary>8 rows × 2 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Eight(ref float a, nint aStep, nint aRow, ref float b, nint bStep, int depth, ref float c, nint cRow, bool add)
    {
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        TVector c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        if (add)
        {
            c00 = TTier.Load(ref c, 0);
            c01 = TTier.Load(ref c, TTier.Count);
            c10 = TTier.Load(ref c, cRow);
            c11 = TTier.Load(ref c, cRow + TTier.Count);
            c20 = TTier.Load(ref c, 2 * cRow);
            c21 = TTier.Load(ref c, 2 * cRow + TTier.Count);
            c30 = TTier.Load(ref c, 3 * cRow);
            c31 = TTier.Load(ref c, 3 * cRow + TTier.Count);
            c40 = TTier.Load(ref c, 4 * cRow);
            c41 = TTier.Load(ref c, 4 * cRow + TTier.Count);
            c50 = TTier.Load(ref c, 5 * cRow);
            c51 = TTier.Load(ref c, 5 * cRow + TTier.Count);
            c60 = TTier.Load(ref c, 6 * cRow);
            c61 = TTier.Load(ref c, 6 * cRow + TTier.Count);
            c70 = TTier.Load(ref c, 7 * cRow);
            c71 = TTier.Load(ref c, 7 * cRow + TTier.Count);
        }
        for (int k = 0; k < depth; k++)
        {
            TVector b0 = TTier.Load(ref b, 0), b1 = TTier.Load(ref b, TTier.Count);
            TVector x = TTier.Create(a), y = TTier.Create(Unsafe.Add(ref a, aRow));
            c00 = TTier.MultiplyAdd(x, b0, c00);
            c01 = TTier.MultiplyAdd(x, b1, c01);
            c10 = TTier.MultiplyAdd(y, b0, c10);
            c11 = TTier.MultiplyAdd(y, b1, c11);
            x = TTier.Create(Unsafe.Add(ref a, 2 * aRow));
            y = TTier.Create(Unsafe.Add(ref a, 3 * aRow));
            c20 = TTier.MultiplyAdd(x, b0, c20);
            c21 = TTier.MultiplyAdd(x, b1, c21);
            c30 = TTier.MultiplyAdd(y, b0, c30);
            c31 = TTier.MultiplyAdd(y, b1, c31);
            x = TTier.Create(Unsafe.Add(ref a, 4 * aRow));
            y = TTier.Create(Unsafe.Add(ref a, 5 * aRow));
            c40 = TTier.MultiplyAdd(x, b0, c40);
            c41 = TTier.MultiplyAdd(x, b1, c41);
            c50 = TTier.MultiplyAdd(y, b0, c50);
            c51 = TTier.MultiplyAdd(y, b1, c51);
            x = TTier.Create(Unsafe.Add(ref a, 6 * aRow));
            y = TTier.Create(Unsafe.Add(ref a, 7 * aRow));
            c60 = TTier.MultiplyAdd(x, b0, c60);
            c61 = TTier.MultiplyAdd(x, b1, c61);
            c70 = TTier.MultiplyAdd(y, b0, c70);
            c71 = TTier.MultiplyAdd(y, b1, c71);
            a = ref Unsafe.Add(ref a, aStep);
            b = ref Unsafe.Add(ref b, bStep);
        }
        Store(c00, c01, ref c, 0);
        Store(c10, c11, ref c, cRow);
        Store(c20, c21, ref c, 2 * cRow);
        Store(c30, c31, ref c, 3 * cRow);
        Store(c40, c41, ref c, 4 * cRow);
        Store(c50, c51, ref c, 5 * cRow);
        Store(c60, c61, ref c, 6 * cRow);
        Store(c70, c71, ref c, 7 * cRow);
    }

    /// <summary>4 rows × 2 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Four(ref float a, nint aStep, nint aRow, ref float b, nint bStep, int depth, ref float c, nint cRow, bool add)
    {
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        if (add)
        {
            c00 = TTier.Load(ref c, 0);
            c01 = TTier.Load(ref c, TTier.Count);
            c10 = TTier.Load(ref c, cRow);
            c11 = TTier.Load(ref c, cRow + TTier.Count);
            c20 = TTier.Load(ref c, 2 * cRow);
            c21 = TTier.Load(ref c, 2 * cRow + TTier.Count);
            c30 = TTier.Load(ref c, 3 * cRow);
            c31 = TTier.Load(ref c, 3 * cRow + TTier.Count);
        }
        for (int k = 0; k < depth; k++)
        {
            TVector b0 = TTier.Load(ref b, 0), b1 = TTier.Load(ref b, TTier.Count);
            TVector x = TTier.Create(a), y = TTier.Create(Unsafe.Add(ref a, aRow));
            c00 = TTier.MultiplyAdd(x, b0, c00);
            c01 = TTier.MultiplyAdd(x, b1, c01);
            c10 = TTier.MultiplyAdd(y, b0, c10);
            c11 = TTier.MultiplyAdd(y, b1, c11);
            x = TTier.Create(Unsafe.Add(ref a, 2 * aRow));
            y = TTier.Create(Unsafe.Add(ref a, 3 * aRow));
            c20 = TTier.MultiplyAdd(x, b0, c20);
            c21 = TTier.MultiplyAdd(x, b1, c21);
            c30 = TTier.MultiplyAdd(y, b0, c30);
            c31 = TTier.MultiplyAdd(y, b1, c31);
            a = ref Unsafe.Add(ref a, aStep);
            b = ref Unsafe.Add(ref b, bStep);
        }
        Store(c00, c01, ref c, 0);
        Store(c10, c11, ref c, cRow);
        Store(c20, c21, ref c, 2 * cRow);
        Store(c30, c31, ref c, 3 * cRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(TVector first, TVector second, ref float c, nint offset)
    {
        TTier.Store(first, ref c, offset);
        TTier.Store(second, ref c, offset + TTier.Count);
    }
}
