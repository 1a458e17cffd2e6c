using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Four rows of weights in one format, where they lie in memory.</summary>
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
    /// one format.
    /// </summary>
    internal static bool TryTake(WeightMatrix w, int first, int count, out StoredRows rows)
    {
        StoredRow a = w.Stored(first), b = w.Stored(first + Math.Min(1, count - 1));
        StoredRow c = w.Stored(first + Math.Min(2, count - 1)), d = w.Stored(first + Math.Min(3, count - 1));
        rows = new() { Format = a.Format, Row0 = a.Bytes, Row1 = b.Bytes, Row2 = c.Bytes, Row3 = d.Bytes };
        return IsRow(a, w, a.Format) && IsRow(b, w, a.Format) && IsRow(c, w, a.Format) && IsRow(d, w, a.Format);
    }

    // The kernels read without further checks what passes this one.
    static bool IsRow(StoredRow row, WeightMatrix w, NumberFormat format) =>
        !row.Bytes.IsEmpty && row.Format == format && row.Bytes.Length == format.BytesOf(w.ColumnCount);
}
