using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Represents a row of weights in memory; without bytes if the matrix does not store it contiguously.</summary>
/// <param name="format">Storage format.</param>
/// <param name="bytes">[BytesOf(ColumnCount)] need not be aligned.</param>
public readonly ref struct StoredRow(NumberFormat format, ReadOnlySpan<byte> bytes)
{
    /// <summary>Gets the storage format of the values.</summary>
    public NumberFormat Format { get; } = format;

    /// <summary>Gets the stored values.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}
