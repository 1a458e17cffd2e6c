using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Computes x · wᵀ for a few rows of x, as in decoding: every weight is read once, so packing does not pay.</summary>
/// <remarks>
/// Up to three rows of x each meet the weights as they are stored (<see cref="SkinnyRow"/>). Of more rows two at a time meet four
/// rows of w: eight sums, enough to keep two multipliers busy. Rows of w are taken in parts that fit the second-level cache,
/// and widened there unless they are F32. The lanes of the sums wait in memory for the next part, so the order of the
/// terms does not depend on the parts, and a row of y has the same bits alone and among others.
/// </remarks>
static class SkinnyGemm
{
    /// <summary>Up to here packing the weights costs more than the arithmetic.</summary>
    internal const int MaxRows = 16;

    // The sums across registers at the end of short rows cost more than packing them.
    const int ShortRow = 512, MaxShortRows = 7;

    /// <summary>Rows of w at a time.</summary>
    internal const int Weights = 4;

    // Columns of a part, a multiple of every register's width: four rows take 64 KiB. Shorter parts interrupt the streams from memory.
    const int Part = 4096;

    // Up to this number of rows, widening in registers for each row costs less than a copy that is read for each row.
    const int MaxRowsInRegisters = 3;

    const int Inputs = 2, RowsPerItem = 64;

    /// <summary>Returns whether so many rows of x are few enough.</summary>
    internal static bool IsFor(Rows x) => x.Count <= (x.Width <= ShortRow ? MaxShortRows : MaxRows);

    /// <summary>y (+)= x · wᵀ for the rows of w from firstRow on, as many as y has columns.</summary>
    internal static void MultiplyTransposed(Rows x, WeightMatrix w, int firstRow, Rows y, bool add)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            MultiplyTransposed<Vector512<float>, Tier512>(x, w, firstRow, y, add);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            MultiplyTransposed<Vector256<float>, Tier256>(x, w, firstRow, y, add);
        }
        else
        {
            MultiplyTransposed<Vector128<float>, Tier128>(x, w, firstRow, y, add);
        }
    }

    internal static void MultiplyTransposed<TVector, TTier>(Rows x, WeightMatrix w, int firstRow, Rows y, bool add)
        where TVector : struct
        where TTier : IVectorTier<TVector> =>
        Workers.ForBlocks(
            y.Width,
            RowsPerItem,
            (first, count) =>
            {
                using Scratch widened = Scratch.Take(Weights, Part),
                    lanes = Scratch.Take(x.Count, Weights * TTier.Count),
                    sums = Scratch.Take(x.Count, Weights);
                for (int n = first; n < first + count; n += Weights)
                {
                    int weights = Math.Min(Weights, first + count - n);
                    if (x.Count <= MaxRowsInRegisters && StoredRows.TryTake(w, firstRow + n, weights, out StoredRows stored))
                    {
                        for (int m = 0; m < x.Count; m++)
                        {
                            SkinnyRow.Sums(stored, x[m], sums.Rows[m]);
                        }
                    }
                    else
                    {
                        Sums<TVector, TTier>(x, w, firstRow + n, weights, widened.Rows, lanes.Rows, sums.Rows);
                    }
                    Put(sums.Rows, weights, y, n, add);
                }
            });

    static void Put(Rows sums, int weights, Rows y, int n, bool add)
    {
        for (int m = 0; m < y.Count; m++)
        {
            Span<float> target = y[m].Slice(n, weights);
            for (int i = 0; i < weights; i++)
            {
                target[i] = add ? target[i] + sums[m][i] : sums[m][i];
            }
        }
    }

    /// <summary>sums[m][i] = xₘ · w of row i; what is missing to four rows is computed all the same, from the last one.</summary>
    static void Sums<TVector, TTier>(Rows x, WeightMatrix w, int row, int weights, Rows widened, Rows lanes, Rows sums)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        lanes.Clear();
        int k = 0;
        do
        {
            int length = Math.Min(Part, x.Width - k);
            ReadOnlySpan<float> w0 = Take(w, row, k, widened[0][..length]),
                w1 = Take(w, row + Math.Min(1, weights - 1), k, widened[1][..length]);
            ReadOnlySpan<float> w2 = Take(w, row + Math.Min(2, weights - 1), k, widened[2][..length]),
                w3 = Take(w, row + weights - 1, k, widened[3][..length]);
            for (int m = 0; m < x.Count; m += Inputs)
            {
                int next = Math.Min(m + 1, x.Count - 1);
                Accumulate<TVector, TTier>(w0, w1, w2, w3, x[m].Slice(k, length), x[next].Slice(k, length), lanes[m], lanes[next]);
            }
            k += Part;
            for (int m = 0; m < x.Count && k >= x.Width; m++)
            {
                ReadOnlySpan<float> last = x[m][(k - Part)..];
                sums[m][0] = Sum<TVector, TTier>(lanes[m], 0, w0, last);
                sums[m][1] = Sum<TVector, TTier>(lanes[m], 1, w1, last);
                sums[m][2] = Sum<TVector, TTier>(lanes[m], 2, w2, last);
                sums[m][3] = Sum<TVector, TTier>(lanes[m], 3, w3, last);
            }
        }
        while (k < x.Width);
    }

    static ReadOnlySpan<float> Take(WeightMatrix w, int row, int k, Span<float> widened)
    {
        StoredRow stored = w.Stored(row);
        if (stored.Format == NumberFormat.F32 && !stored.Bytes.IsEmpty)
        {
            return MemoryMarshal.Cast<byte, float>(stored.Bytes).Slice(k, widened.Length);
        }
        w.Read(row, k, widened);
        return widened;
    }

    /// <summary>Adds whole registers of products to the lanes [4 · register's width] of the sums with x0, and of those with x1.</summary>
    static void Accumulate<TVector, TTier>(
        ReadOnlySpan<float> w0, ReadOnlySpan<float> w1, ReadOnlySpan<float> w2, ReadOnlySpan<float> w3,
        ReadOnlySpan<float> x0, ReadOnlySpan<float> x1, Span<float> lanesA, Span<float> lanesB)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        ref float p0 = ref MemoryMarshal.GetReference(w0),
            p1 = ref MemoryMarshal.GetReference(w1);
        ref float p2 = ref MemoryMarshal.GetReference(w2),
            p3 = ref MemoryMarshal.GetReference(w3);
        ref float a = ref MemoryMarshal.GetReference(x0),
            b = ref MemoryMarshal.GetReference(x1);
        ref float la = ref lanesA[0],
            lb = ref lanesB[0];
        TVector a0 = TTier.Load(ref la, 0),
            a1 = TTier.Load(ref la, TTier.Count),
            a2 = TTier.Load(ref la, 2 * TTier.Count),
            a3 = TTier.Load(ref la, 3 * TTier.Count);
        TVector b0 = TTier.Load(ref lb, 0),
            b1 = TTier.Load(ref lb, TTier.Count),
            b2 = TTier.Load(ref lb, 2 * TTier.Count),
            b3 = TTier.Load(ref lb, 3 * TTier.Count);
        // All spans of values are as long as x0, so a full register at k is inside while k <= x0.Length − width.
        for (int k = 0; k <= x0.Length - TTier.Count; k += TTier.Count)
        {
            TVector u = TTier.Load(ref a, k), v = TTier.Load(ref b, k);
            TVector t = TTier.Load(ref p0, k);
            a0 = TTier.MultiplyAdd(u, t, a0);
            b0 = TTier.MultiplyAdd(v, t, b0);
            t = TTier.Load(ref p1, k);
            a1 = TTier.MultiplyAdd(u, t, a1);
            b1 = TTier.MultiplyAdd(v, t, b1);
            t = TTier.Load(ref p2, k);
            a2 = TTier.MultiplyAdd(u, t, a2);
            b2 = TTier.MultiplyAdd(v, t, b2);
            t = TTier.Load(ref p3, k);
            a3 = TTier.MultiplyAdd(u, t, a3);
            b3 = TTier.MultiplyAdd(v, t, b3);
        }
        TTier.Store(b0, ref lb, 0);
        TTier.Store(b1, ref lb, TTier.Count);
        TTier.Store(b2, ref lb, 2 * TTier.Count);
        TTier.Store(b3, ref lb, 3 * TTier.Count);
        TTier.Store(a0, ref la, 0);
        TTier.Store(a1, ref la, TTier.Count);
        TTier.Store(a2, ref la, 2 * TTier.Count);
        TTier.Store(a3, ref la, 3 * TTier.Count);
    }

    /// <summary>Returns the sum of row i's lanes, and of the products behind the last whole register.</summary>
    static float Sum<TVector, TTier>(Span<float> lanes, int i, ReadOnlySpan<float> w, ReadOnlySpan<float> x)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        float sum = TTier.Sum(TTier.Load(ref lanes[0], i * TTier.Count));
        for (int k = x.Length - x.Length % TTier.Count; k < x.Length; k++)
        {
            sum += w[k] * x[k];
        }
        return sum;
    }
}
