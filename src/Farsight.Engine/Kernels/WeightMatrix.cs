using System.Runtime.InteropServices;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Represents a matrix that products read, stored in any format: [RowCount, ColumnCount], row-major.</summary>
/// <remarks>Weights stay in their stored format; the few values a register tile needs are widened while they are packed.</remarks>
public abstract class WeightMatrix
{
    /// <summary>Gets the number of rows: outputs of a linear layer.</summary>
    public abstract int RowCount { get; }

    /// <summary>Gets the number of columns: inputs of a linear layer.</summary>
    public abstract int ColumnCount { get; }

    /// <summary>Reads part of a row as floats.</summary>
    /// <param name="row">0 … RowCount − 1.</param>
    /// <param name="firstColumn">Where to begin.</param>
    /// <param name="destination">[n] overwritten with columns firstColumn … firstColumn + n − 1.</param>
    public abstract void Read(int row, int firstColumn, Span<float> destination);

    /// <summary>Returns a row in memory, for products that need no copy; without bytes if the row is not stored contiguously.</summary>
    /// <param name="row">0 … RowCount − 1.</param>
    public virtual StoredRow Stored(int row) => default;
}

/// <summary>Represents F32 rows in memory as a matrix.</summary>
/// <param name="rows">[RowCount, ColumnCount]</param>
sealed class RowsMatrix(Rows rows) : WeightMatrix
{
    /// <inheritdoc/>
    public override int RowCount => rows.Count;

    /// <inheritdoc/>
    public override int ColumnCount => rows.Width;

    /// <inheritdoc/>
    public override void Read(int row, int firstColumn, Span<float> destination) =>
        rows[row].Slice(firstColumn, destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    public override StoredRow Stored(int row) => new(NumberFormat.F32, MemoryMarshal.AsBytes(rows[row]));
}

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
