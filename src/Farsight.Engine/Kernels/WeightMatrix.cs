using System.Runtime.InteropServices;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>A matrix that products read, in whatever format it is stored: [RowCount, ColumnCount], row-major.</summary>
/// <remarks>Weights stay in their stored format; the few values a register tile needs are widened while they are packed.</remarks>
public abstract class WeightMatrix
{
    /// <summary>Number of rows: outputs of a linear layer.</summary>
    public abstract int RowCount { get; }

    /// <summary>Number of columns: inputs of a linear layer.</summary>
    public abstract int ColumnCount { get; }

    /// <summary>Reads part of a row as floats.</summary>
    /// <param name="row">0 … RowCount − 1.</param>
    /// <param name="firstColumn">Where to begin.</param>
    /// <param name="destination">[n] overwritten with columns firstColumn … firstColumn + n − 1.</param>
    public abstract void Read(int row, int firstColumn, Span<float> destination);

    /// <summary>
    /// A row where it lies in memory, for products that read it once and need no copy; without bytes if it lies nowhere as a whole.
    /// </summary>
    /// <param name="row">0 … RowCount − 1.</param>
    public virtual StoredRow Stored(int row) => default;
}

/// <summary>Rows in memory as a matrix: the F32 case.</summary>
/// <param name="rows">[RowCount, ColumnCount]</param>
public sealed class RowsMatrix(Rows rows) : WeightMatrix
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
