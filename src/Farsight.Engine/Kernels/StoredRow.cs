using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>A row of weights where it lies in memory; without bytes if a matrix has none to show.</summary>
/// <param name="format">How the values are stored.</param>
/// <param name="bytes">[BytesOf(ColumnCount)] need not be aligned.</param>
public readonly ref struct StoredRow(NumberFormat format, ReadOnlySpan<byte> bytes)
{
    /// <summary>How the values are stored.</summary>
    public NumberFormat Format { get; } = format;

    /// <summary>The values.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}
