using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Computes products of one row of x with four rows of weights in their storage format, widened in registers.</summary>
/// <remarks>A sum takes its terms in the order of <see cref="SkinnyGemm"/>, so a token's bits
/// are the same alone and among others.</remarks>
static class SkinnyRow
{
    const int Block = 32;

    /// <summary>sums[i] = x · wᵢ.</summary>
    /// <param name="w">Four rows of K values in one format.</param>
    /// <param name="x">[K]</param>
    /// <param name="sums">[4] overwritten.</param>
    internal static void Sums(StoredRows w, ReadOnlySpan<float> x, Span<float> sums)
    {
        switch (w.Format)
        {
            case NumberFormat.F32:
                Sums<SingleLanes>(w, x, sums);
                break;
            case NumberFormat.F16:
                Sums<HalfLanes>(w, x, sums);
                break;
            case NumberFormat.Q8_0:
                Sums<EightBitLanes>(w, x, sums);
                break;
            case NumberFormat.Q4_0:
                Sums<FourBitLanes>(w, x, sums);
                break;
            case NumberFormat.BF16:
                Sums<BFloat16Lanes>(w, x, sums);
                break;
            default:
                throw new ArgumentException($"{w.Format} cannot be widened in registers.", nameof(w));
        }
    }

    /// <summary>Returns whether rows of a format can be widened in registers; of the others a copy is widened.</summary>
    internal static bool Reads(NumberFormat format) =>
        format is NumberFormat.F32 or NumberFormat.F16 or NumberFormat.BF16 or NumberFormat.Q8_0 or NumberFormat.Q4_0;

    static void Sums<TLanes>(StoredRows w, ReadOnlySpan<float> x, Span<float> sums)
        where TLanes : IWeightLanes
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Sums<Vector512<float>, Tier512, TLanes>(w, x, sums);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Sums<Vector256<float>, Tier256, TLanes>(w, x, sums);
        }
        else
        {
            Sums<Vector128<float>, Tier128, TLanes>(w, x, sums);
        }
    }

    internal static void Sums<TVector, TTier, TLanes>(StoredRows w, ReadOnlySpan<float> x, Span<float> sums)
        where TVector : struct
        where TTier : IVectorTier<TVector>
        where TLanes : IWeightLanes<TVector>
    {
        int k = 0;
        ref float u = ref MemoryMarshal.GetReference(x);
        ref byte w0 = ref MemoryMarshal.GetReference(w.Row0), w1 = ref MemoryMarshal.GetReference(w.Row1);
        ref byte w2 = ref MemoryMarshal.GetReference(w.Row2), w3 = ref MemoryMarshal.GetReference(w.Row3);
        TVector a0 = default, a1 = default, a2 = default, a3 = default;
        // A row has BytesPerBlock bytes for every 32 of x.Length values, so a block is inside while k <= x.Length − 32.
        for (nint at = 0; k <= x.Length - Block; k += Block, at += TLanes.BytesPerBlock)
        {
            ref byte b0 = ref Unsafe.Add(ref w0, at),
                b1 = ref Unsafe.Add(ref w1, at),
                b2 = ref Unsafe.Add(ref w2, at),
                b3 = ref Unsafe.Add(ref w3, at);
            TVector s0 = TTier.Create(TLanes.Scale(ref b0)),
                s1 = TTier.Create(TLanes.Scale(ref b1));
            TVector s2 = TTier.Create(TLanes.Scale(ref b2)),
                s3 = TTier.Create(TLanes.Scale(ref b3));
            for (int i = 0; i < Block; i += TTier.Count)
            {
                TVector t = TTier.Load(ref u, k + i);
                a0 = TTier.MultiplyAdd(t, TLanes.Load(ref b0, i, s0), a0);
                a1 = TTier.MultiplyAdd(t, TLanes.Load(ref b1, i, s1), a1);
                a2 = TTier.MultiplyAdd(t, TLanes.Load(ref b2, i, s2), a2);
                a3 = TTier.MultiplyAdd(t, TLanes.Load(ref b3, i, s3), a3);
            }
        }
        sums[0] = Rest<TVector, TTier>(a0, w.Format, w.Row0, x, k);
        sums[1] = Rest<TVector, TTier>(a1, w.Format, w.Row1, x, k);
        sums[2] = Rest<TVector, TTier>(a2, w.Format, w.Row2, x, k);
        sums[3] = Rest<TVector, TTier>(a3, w.Format, w.Row3, x, k);
    }

    /// <summary>Returns the sum of the lanes and of the terms from k on, fewer than 32.</summary>
    static float Rest<TVector, TTier>(TVector lanes, NumberFormat format, ReadOnlySpan<byte> row, ReadOnlySpan<float> x, int k)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        if (k == x.Length)
        {
            return TTier.Sum(lanes);
        }
        Span<float> values = stackalloc float[Block];
        values = values[..(x.Length - k)];
        Widen.ToFloat(format, row, k, values);
        x = x[k..];
        int i = 0;
        for (; i <= values.Length - TTier.Count; i += TTier.Count)
        {
            lanes = TTier.MultiplyAdd(TTier.Load(ref MemoryMarshal.GetReference(x), i), TTier.Load(ref values[0], i), lanes);
        }
        float sum = TTier.Sum(lanes);
        for (; i < values.Length; i++)
        {
            sum += values[i] * x[i];
        }
        return sum;
    }
}

/// <summary>Represents four rows of weights in one format, in memory.</summary>
readonly ref struct StoredRows
{
    /// <summary>Gets the storage format of the values.</summary>
    internal required NumberFormat Format { get; init; }

    internal required ReadOnlySpan<byte> Row0 { get; init; }

    internal required ReadOnlySpan<byte> Row1 { get; init; }

    internal required ReadOnlySpan<byte> Row2 { get; init; }

    internal required ReadOnlySpan<byte> Row3 { get; init; }

    /// <summary>
    /// Rows first … first + count − 1 of w, the last one again for those that are missing to four; false if they do not lie in memory in
    /// one format that can be widened in registers.
    /// </summary>
    internal static bool TryTake(WeightMatrix w, int first, int count, out StoredRows rows)
    {
        StoredRow a = w.Stored(first), b = w.Stored(first + Math.Min(1, count - 1));
        StoredRow c = w.Stored(first + Math.Min(2, count - 1)), d = w.Stored(first + Math.Min(3, count - 1));
        rows = new() { Format = a.Format, Row0 = a.Bytes, Row1 = b.Bytes, Row2 = c.Bytes, Row3 = d.Bytes };
        return SkinnyRow.Reads(a.Format)
            && IsRow(a, w, a.Format) && IsRow(b, w, a.Format) && IsRow(c, w, a.Format) && IsRow(d, w, a.Format);
    }

    // The kernels read without further checks what passes this one.
    static bool IsRow(StoredRow row, WeightMatrix w, NumberFormat format) =>
        !row.Bytes.IsEmpty && row.Format == format && row.Bytes.Length == format.BytesOf(w.ColumnCount);
}
