using System.Runtime.InteropServices;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Represents a matrix in memory in any format: [RowCount, ColumnCount], initially zero.</summary>
/// <remarks>Rows begin at multiples of 4 bytes; in the block formats a row is a whole number of blocks.</remarks>
sealed class PackedMatrix : WeightMatrix, IDisposable
{
    const int RowsPerItem = 16;

    readonly AlignedBuffer _bytes;
    readonly int _rowBytes, _rowFloats;

    /// <summary>Allocates a matrix of zeros.</summary>
    /// <exception cref="ArgumentException">A row is no whole number of blocks of <paramref name="format"/>.</exception>
    public PackedMatrix(NumberFormat format, int rows, int columns)
    {
        (Format, RowCount, ColumnCount) = (format, rows, columns);
        _rowBytes = checked((int)format.BytesOf(columns));
        _rowFloats = (_rowBytes + sizeof(float) - 1) / sizeof(float);
        _bytes = new AlignedBuffer((long)rows * _rowFloats);
    }

    /// <summary>Gets the storage format of the values.</summary>
    public NumberFormat Format { get; }

    /// <inheritdoc/>
    public override int RowCount { get; }

    /// <inheritdoc/>
    public override int ColumnCount { get; }

    /// <summary>Gets the memory size of the values, in bytes.</summary>
    public long ByteCount => _bytes.Count * sizeof(float);

    /// <summary>Copies a matrix into another format, on all threads.</summary>
    /// <exception cref="ArgumentException">A row is no whole number of blocks of <paramref name="format"/>.</exception>
    public static PackedMatrix From(WeightMatrix source, NumberFormat format)
    {
        PackedMatrix copy = new(format, source.RowCount, source.ColumnCount);
        try
        {
            Workers.ForBlocks(source.RowCount, RowsPerItem, (first, count) =>
            {
                float[] values = new float[source.ColumnCount];
                for (int row = first; row < first + count; row++)
                {
                    source.Read(row, 0, values);
                    Narrow.FromFloat(format, values, copy.StoredRow(row));
                }
            });
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Returns the bytes of a row for reading and writing; valid until <see cref="Dispose"/>.</summary>
    public Span<byte> StoredRow(int row) =>
        MemoryMarshal.AsBytes(_bytes.Span((long)row * _rowFloats, _rowFloats))[.._rowBytes];

    /// <inheritdoc/>
    public override void Read(int row, int firstColumn, Span<float> destination) =>
        Widen.ToFloat(Format, StoredRow(row), firstColumn, destination);

    /// <inheritdoc/>
    public override StoredRow Stored(int row) => new(Format, StoredRow(row));

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();
}
