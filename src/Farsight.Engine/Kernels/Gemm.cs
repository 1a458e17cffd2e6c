using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>The three matrix products of training, spread over the cores.</summary>
/// <remarks>
/// Both operands are packed into panels once, weights being widened on the way; then blocks of the result are computed from
/// register tiles (<see cref="IGemmTile"/>). Every element of the result sums its terms in one order, whatever the number of
/// threads. A product with a handful of rows (decoding) skips the packing: see <see cref="SkinnyGemm"/>.
/// </remarks>
public static class Gemm
{
    // Depth of a panel's part that stays in the first-level cache: 256 × 32 columns × 4 bytes = 32 KiB.
    const int DepthBlock = 256;

    // Panels of a block of the result: 4 × 12 rows by 8 × 32 columns, small enough to balance two cores on 600 rows.
    const int RowPanels = 4, ColumnPanels = 8;

    // Packed floats held at once for each side: 64 MiB.
    const int SlabFloats = 1 << 24;

    /// <summary>y (+)= x · wᵀ for rows firstRow … firstRow + n − 1 of w: a linear layer's forward.</summary>
    /// <param name="x">[M, K]</param>
    /// <param name="w">[N, K]</param>
    /// <param name="firstRow">First row of w that takes part.</param>
    /// <param name="rowCount">n.</param>
    /// <param name="y">[M, n] overwritten, or added to.</param>
    /// <param name="add">Adds instead of overwriting.</param>
    public static void MultiplyTransposed(Rows x, WeightMatrix w, int firstRow, int rowCount, Rows y, bool add)
    {
        Shape.Same(w.ColumnCount, x.Width);
        Shape.Same(x.Count, y.Count);
        Shape.Same(rowCount, y.Width);
        if (x.Count <= SkinnyGemm.MaxRows)
        {
            SkinnyGemm.MultiplyTransposed(x, w, firstRow, y, add);
            return;
        }
        Run(new(new RowsMatrix(x), 0, x.Count, LinesAreRows: true), new(w, firstRow, rowCount, LinesAreRows: true), y, add);
    }

    /// <summary>dX (+)= dY · w for rows firstRow … firstRow + n − 1 of w: a linear layer's gradient by its input.</summary>
    /// <param name="dY">[M, n]</param>
    /// <param name="w">[N, K]</param>
    /// <param name="firstRow">First row of w that takes part.</param>
    /// <param name="dX">[M, K] overwritten, or added to.</param>
    /// <param name="add">Adds instead of overwriting.</param>
    public static void Multiply(Rows dY, WeightMatrix w, int firstRow, Rows dX, bool add)
    {
        Shape.Same(w.ColumnCount, dX.Width);
        Shape.Same(dY.Count, dX.Count);
        Run(new(new RowsMatrix(dY), 0, dY.Count, LinesAreRows: true), new(w, firstRow, dY.Width, LinesAreRows: false), dX, add);
    }

    /// <summary>dW += dYᵀ · x: a linear layer's gradient by its weight.</summary>
    /// <param name="dY">[M, n]</param>
    /// <param name="x">[M, K]</param>
    /// <param name="dW">[n, K] accumulated.</param>
    public static void AddOuter(Rows dY, Rows x, Rows dW)
    {
        Shape.Same(dY.Count, x.Count);
        Shape.Same(dY.Width, dW.Count);
        Shape.Same(x.Width, dW.Width);
        Run(new(new RowsMatrix(dY), 0, dY.Count, LinesAreRows: false), new(new RowsMatrix(x), 0, x.Count, LinesAreRows: false), dW, add: true);
    }

    static void Run(GemmOperand a, GemmOperand b, Rows c, bool add)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<GemmTile512>(a, b, c, add);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Run<GemmTile256>(a, b, c, add);
        }
        else
        {
            Run<GemmTile128>(a, b, c, add);
        }
    }

    /// <summary>c[i, j] (+)= Σ_k a[i, k] · b[j, k], with the lines of both operands cut into slabs that bound the packed memory.</summary>
    internal static void Run<TTile>(GemmOperand a, GemmOperand b, Rows c, bool add)
        where TTile : struct, IGemmTile
    {
        int depth = a.Depth;
        Shape.Same(depth, b.Depth);
        int rowSlab = LinesOfSlab(depth, TTile.Rows * RowPanels), columnSlab = LinesOfSlab(depth, TTile.Columns * ColumnPanels);
        for (int row = 0; row < a.Lines; row += rowSlab)
        {
            int rows = Math.Min(rowSlab, a.Lines - row);
            using Scratch packedA = Pack(a, row, rows, TTile.Rows);
            for (int column = 0; column < b.Lines; column += columnSlab)
            {
                int columns = Math.Min(columnSlab, b.Lines - column);
                using Scratch packedB = Pack(b, column, columns, TTile.Columns);
                Slab slab = new(packedA.Rows, packedB.Rows, c, row, rows, column, columns, depth, add);
                int rowBlocks = Blocks(rows, TTile.Rows * RowPanels), columnBlocks = Blocks(columns, TTile.Columns * ColumnPanels);
                Workers.For(rowBlocks * columnBlocks, item => slab.Block<TTile>(item / columnBlocks, item % columnBlocks));
            }
        }
    }

    static int Blocks(int lines, int block) => (lines + block - 1) / block;

    static int LinesOfSlab(int depth, int block) => Math.Max(1, SlabFloats / Math.Max(1, depth) / block) * block;

    static Scratch Pack(GemmOperand operand, int firstLine, int lines, int width)
    {
        int panels = Blocks(lines, width), depth = operand.Depth;
        Scratch packed = Scratch.Take(panels, depth * width);
        Rows rows = packed.Rows;
        // A panel is some microseconds of work; two of them make a call to another core worth while.
        Workers.ForBlocks(panels, 2, (first, count) =>
        {
            for (int panel = first; panel < first + count; panel++)
            {
                operand.Pack(firstLine + panel * width, width, rows[panel]);
            }
        });
        return packed;
    }

    /// <summary>Packed parts of both operands and the part of the result that they give.</summary>
    sealed record Slab(Rows A, Rows B, Rows C, int FirstRow, int RowCount, int FirstColumn, int ColumnCount, int Depth, bool Add)
    {
        internal void Block<TTile>(int rowBlock, int columnBlock)
            where TTile : struct, IGemmTile
        {
            int lastRowPanel = Math.Min((rowBlock + 1) * RowPanels, A.Count), lastColumnPanel = Math.Min((columnBlock + 1) * ColumnPanels, B.Count);
            for (int k = 0; k < Depth || k == 0; k += DepthBlock)
            {
                int depth = Math.Min(DepthBlock, Depth - k);
                for (int columnPanel = columnBlock * ColumnPanels; columnPanel < lastColumnPanel; columnPanel++)
                {
                    ref float b = ref B[columnPanel][(k * TTile.Columns)..][0];
                    for (int rowPanel = rowBlock * RowPanels; rowPanel < lastRowPanel; rowPanel++)
                    {
                        ref float a = ref A[rowPanel][(k * TTile.Rows)..][0];
                        Tile<TTile>(depth, ref a, ref b, rowPanel * TTile.Rows, columnPanel * TTile.Columns, Add || k > 0);
                    }
                }
            }
        }

        void Tile<TTile>(int depth, ref float a, ref float b, int row, int column, bool add)
            where TTile : struct, IGemmTile
        {
            int rows = Math.Min(TTile.Rows, RowCount - row), columns = Math.Min(TTile.Columns, ColumnCount - column);
            if (rows == TTile.Rows && columns == TTile.Columns)
            {
                TTile.Multiply(depth, ref a, ref b, ref C[FirstRow + row][FirstColumn + column], C.Width, add);
                return;
            }

            Span<float> whole = stackalloc float[TTile.Rows * TTile.Columns];
            TTile.Multiply(depth, ref a, ref b, ref MemoryMarshal.GetReference(whole), TTile.Columns, add: false);
            for (int r = 0; r < rows; r++)
            {
                Span<float> to = C[FirstRow + row + r].Slice(FirstColumn + column, columns), from = whole.Slice(r * TTile.Columns, columns);
                if (add)
                {
                    System.Numerics.Tensors.TensorPrimitives.Add(to, from, to);
                }
                else
                {
                    from.CopyTo(to);
                }
            }
        }
    }
}
