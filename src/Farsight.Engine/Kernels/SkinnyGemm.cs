using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>x · wᵀ for a handful of rows of x, as in decoding: every weight is read once, so nothing is worth packing.</summary>
/// <remarks>
/// Four rows of w are widened into the first-level cache and multiplied with two rows of x at a time: eight sums, enough to
/// keep two multipliers busy. With few rows the time is that of reading the weights.
/// </remarks>
static class SkinnyGemm
{
    /// <summary>Up to here packing the weights costs more than the arithmetic.</summary>
    internal const int MaxRows = 16;

    const int RowsPerItem = 64, Weights = 4, Inputs = 2;

    /// <summary>y (+)= x · wᵀ for the rows of w from firstRow on, as many as y has columns.</summary>
    internal static void MultiplyTransposed(Rows x, WeightMatrix w, int firstRow, Rows y, bool add) =>
        Workers.ForBlocks(y.Width, RowsPerItem, (first, count) =>
        {
            using Scratch scratch = Scratch.Take(Weights, w.ColumnCount);
            Span<float> sums = stackalloc float[Weights * Inputs];
            for (int n = first; n < first + count; n += Weights)
            {
                int weights = Math.Min(Weights, first + count - n);
                for (int i = 0; i < weights; i++)
                {
                    w.Read(firstRow + n + i, 0, scratch.Rows[i]);
                }
                for (int m = 0; m < x.Count; m += Inputs)
                {
                    // What is missing of either side is computed all the same and not looked at.
                    Sums(scratch.Rows.Span, x[m], x[Math.Min(m + 1, x.Count - 1)], sums);
                    Put(sums, weights, y, m, n, add);
                }
            }
        });

    static void Put(ReadOnlySpan<float> sums, int weights, Rows y, int m, int n, bool add)
    {
        for (int j = 0; j < Inputs && m + j < y.Count; j++)
        {
            Span<float> target = y[m + j].Slice(n, weights);
            for (int i = 0; i < weights; i++)
            {
                target[i] = add ? target[i] + sums[j * Weights + i] : sums[j * Weights + i];
            }
        }
    }

    /// <summary>sums[j · 4 + i] = xⱼ · wᵢ.</summary>
    internal static void Sums(ReadOnlySpan<float> w, ReadOnlySpan<float> x0, ReadOnlySpan<float> x1, Span<float> sums)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Sums<Vector512<float>, Tier512>(w, x0, x1, sums);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Sums<Vector256<float>, Tier256>(w, x0, x1, sums);
        }
        else
        {
            Sums<Vector128<float>, Tier128>(w, x0, x1, sums);
        }
    }

    /// <param name="w">[4, K]</param>
    /// <param name="x0">[K]</param>
    /// <param name="x1">[K]</param>
    /// <param name="sums">[8] overwritten.</param>
    internal static void Sums<TVector, TTier>(ReadOnlySpan<float> w, ReadOnlySpan<float> x0, ReadOnlySpan<float> x1, Span<float> sums)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        int width = x0.Length, k = 0;
        ref float w0 = ref MemoryMarshal.GetReference(w), a = ref MemoryMarshal.GetReference(x0), b = ref MemoryMarshal.GetReference(x1);
        ref float w1 = ref Unsafe.Add(ref w0, width), w2 = ref Unsafe.Add(ref w1, width), w3 = ref Unsafe.Add(ref w2, width);
        TVector a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        // w has four rows of x0.Length floats, so a full vector at k is inside while k <= x0.Length − width.
        for (; k <= width - TTier.Count; k += TTier.Count)
        {
            TVector u = TTier.Load(ref a, k), v = TTier.Load(ref b, k);
            TVector t = TTier.Load(ref w0, k);
            a0 = TTier.MultiplyAdd(u, t, a0);
            b0 = TTier.MultiplyAdd(v, t, b0);
            t = TTier.Load(ref w1, k);
            a1 = TTier.MultiplyAdd(u, t, a1);
            b1 = TTier.MultiplyAdd(v, t, b1);
            t = TTier.Load(ref w2, k);
            a2 = TTier.MultiplyAdd(u, t, a2);
            b2 = TTier.MultiplyAdd(v, t, b2);
            t = TTier.Load(ref w3, k);
            a3 = TTier.MultiplyAdd(u, t, a3);
            b3 = TTier.MultiplyAdd(v, t, b3);
        }
        ReadOnlySpan<float> whole = [TTier.Sum(a0), TTier.Sum(a1), TTier.Sum(a2), TTier.Sum(a3), TTier.Sum(b0), TTier.Sum(b1), TTier.Sum(b2), TTier.Sum(b3)];
        for (int i = 0; i < Weights; i++)
        {
            ReadOnlySpan<float> row = w.Slice(i * width, width);
            (float first, float second) = (whole[i], whole[Weights + i]);
            for (int rest = k; rest < width; rest++)
            {
                first += row[rest] * x0[rest];
                second += row[rest] * x1[rest];
            }
            (sums[i], sums[Weights + i]) = (first, second);
        }
    }
}
