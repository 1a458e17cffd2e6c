using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Represents a piece of the result of a matrix product, computed by one thread.</summary>
/// <remarks>
/// What keeps the multipliers busy is that nothing comes from far away. The depth is cut into blocks; for each, this piece's
/// columns of the right side are packed into panels, all of which stay in the second-level cache. A block of rows of the
/// left side then meets one panel after the other: the panel stays in the first-level cache while the rows' tiles run
/// over it. The left side is read where it lies, because a tile needs only one number of a row at a time; a copy is made only
/// where its lines collide in the caches.
/// </remarks>
readonly ref struct GemmPiece<TTile>(GemmLeft a, GemmRight b, Rows c, bool add, (int Row, int RowCount, int Column, int ColumnCount) piece)
    where TTile : struct, IGemmTile
{
    // The packed block of the right side is 256 × 768 floats, three quarters of a second-level cache of 1 MiB; one of its panels,
    // 256 × 32, two thirds of a first-level cache of 48 KiB. 192 rows of the left side are 192 KiB.
    internal const int MaxColumns = 768;
    const int DepthBlock = 256, RowBlock = 192;

    // A line of the cache more than a block's rows, so that the copy does not collide in its turn.
    const int CopyWidth = RowBlock + 16;

    // With fewer columns a copy is used too few times to pay.
    const int MinColumnsToCopy = 128;

    internal void Compute()
    {
        int panels = (piece.ColumnCount + TTile.Columns - 1) / TTile.Columns, maxDepth = Math.Min(DepthBlock, a.Depth);
        using Scratch packed = Scratch.Take(panels, maxDepth * TTile.Columns);
        using Scratch copied = Scratch.Take(CopyLeft ? maxDepth : 0, CopyWidth);
        using Scratch edge = Scratch.Take(maxDepth, TTile.Rows);
        for (int k = 0; k < a.Depth; k += DepthBlock)
        {
            int depth = Math.Min(DepthBlock, a.Depth - k);
            b.Pack(piece.Column, piece.ColumnCount, k, depth, TTile.Columns, packed.Rows.Span);
            for (int row = 0; row < piece.RowCount; row += RowBlock)
            {
                int rows = Math.Min(RowBlock, piece.RowCount - row);
                Multiply(piece.Row + row, rows, k, depth, packed.Rows, copied.Rows, edge.Rows);
            }
        }
    }

    bool CopyLeft => a.Collides && piece.ColumnCount >= MinColumnsToCopy;

    /// <summary>A block of rows with all panels, for a block of the depth.</summary>
    void Multiply(int firstRow, int rows, int k, int depth, Rows packed, Rows copied, Rows edge)
    {
        ref float left = ref a[firstRow, k];
        nint line = a.Line, step = a.Step;
        if (CopyLeft)
        {
            a.Copy(firstRow, rows, k, depth, copied);
            left = ref copied[0][0];
            (line, step) = (1, CopyWidth);
        }
        int rest = rows % TTile.Rows, whole = rows - rest;
        if (rest > 0)
        {
            a.CopyEdge(firstRow + whole, rest, k, depth, edge);
        }

        bool addHere = add || k > 0;
        for (int column = 0; column < piece.ColumnCount; column += TTile.Columns)
        {
            ref float panel = ref packed.Span[column * depth];
            int columns = Math.Min(TTile.Columns, piece.ColumnCount - column);
            for (int row = 0; row < whole; row += TTile.Rows)
            {
                Tile(
                    depth,
                    ref Unsafe.Add(ref left, row * line),
                    line,
                    step,
                    ref panel,
                    firstRow + row,
                    TTile.Rows,
                    piece.Column + column,
                    columns,
                    addHere);
            }
            if (rest > 0)
            {
                Tile(depth, ref edge[0][0], 1, TTile.Rows, ref panel, firstRow + whole, rest, piece.Column + column, columns, addHere);
            }
        }
    }

    /// <summary>One tile; what lies outside of the result is computed beside it and thrown away.</summary>
    void Tile(int depth, ref float left, nint line, nint step, ref float panel, int row, int rows, int column, int columns, bool addHere)
    {
        if (rows == TTile.Rows && columns == TTile.Columns)
        {
            TTile.Multiply(depth, ref left, line, step, ref panel, ref c[row][column], c.Width, addHere);
            return;
        }

        Span<float> tile = stackalloc float[TTile.Rows * TTile.Columns];
        TTile.Multiply(depth, ref left, line, step, ref panel, ref MemoryMarshal.GetReference(tile), TTile.Columns, add: false);
        for (int r = 0; r < rows; r++)
        {
            Span<float> to = c[row + r].Slice(column, columns), from = tile.Slice(r * TTile.Columns, columns);
            if (addHere)
            {
                TensorPrimitives.Add(to, from, to);
            }
            else
            {
                from.CopyTo(to);
            }
        }
    }
}
