using System.Runtime.Intrinsics;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Computes the three matrix products of training on all threads.</summary>
/// <remarks>
/// The result is cut into pieces (<see cref="GemmGrid"/>), one for a thread at a time; <see cref="GemmPiece{TTile}"/> says how a
/// piece gets its speed, and the innermost loop is a register tile (<see cref="IGemmTile"/>). Weights are widened while a
/// piece packs them. Every element of the result sums its terms in one order, whatever the number of threads. A product
/// with a handful of rows (decoding) skips the packing: see <see cref="SkinnyGemm"/>.
/// </remarks>
static class Gemm
{
    // The rank of an adapter and less.
    const int MaxNarrow = 64;

    /// <summary>Computes y (+)= x · wᵀ for rows firstRow … firstRow + n − 1 of w: the forward pass of a linear layer.</summary>
    /// <param name="x">[M, K]</param>
    /// <param name="w">[N, K]</param>
    /// <param name="firstRow">First row of w that takes part.</param>
    /// <param name="rowCount">n.</param>
    /// <param name="y">[M, n] overwritten, or added to.</param>
    /// <param name="add">Adds instead of overwriting.</param>
    /// <param name="arithmetic">How the product is computed.</param>
    public static void MultiplyTransposed(
        Rows x, WeightMatrix w, int firstRow, int rowCount, Rows y, bool add, Arithmetic arithmetic = Arithmetic.F32)
    {
        Shape.Same(w.ColumnCount, x.Width);
        Shape.Same(x.Count, y.Count);
        Shape.Same(rowCount, y.Width);
        if (arithmetic == Arithmetic.Q8 && Int8Gemm.IsFor(w, firstRow, rowCount))
        {
            Int8Gemm.MultiplyTransposed(x, (GroupedMatrix)w, firstRow, y, add);
            return;
        }
        if (SkinnyGemm.IsFor(x))
        {
            SkinnyGemm.MultiplyTransposed(x, w, firstRow, y, add);
            return;
        }
        Run(new(x, Transposed: false), new(w, firstRow, rowCount, LinesAreRows: true), y, add, arithmetic);
    }

    /// <summary>Computes dX (+)= dY · w for rows firstRow … firstRow + n − 1 of w: the gradient of a linear layer by its input.</summary>
    /// <param name="dY">[M, n]</param>
    /// <param name="w">[N, K]</param>
    /// <param name="firstRow">First row of w that takes part.</param>
    /// <param name="dX">[M, K] overwritten, or added to.</param>
    /// <param name="add">Adds instead of overwriting.</param>
    /// <param name="arithmetic">How the product is computed.</param>
    public static void Multiply(
        Rows dY, WeightMatrix w, int firstRow, Rows dX, bool add, Arithmetic arithmetic = Arithmetic.F32)
    {
        Shape.Same(w.ColumnCount, dX.Width);
        Shape.Same(dY.Count, dX.Count);
        Run(new(dY, Transposed: false), new(w, firstRow, dY.Width, LinesAreRows: false), dX, add, arithmetic);
    }

    /// <summary>Computes dW += dYᵀ · x: the gradient of a linear layer by its weight.</summary>
    /// <param name="dY">[M, n]</param>
    /// <param name="x">[M, K]</param>
    /// <param name="dW">[n, K] accumulated.</param>
    /// <param name="arithmetic">How the product is computed.</param>
    public static void AddOuter(Rows dY, Rows x, Rows dW, Arithmetic arithmetic = Arithmetic.F32)
    {
        Shape.Same(dY.Count, x.Count);
        Shape.Same(dY.Width, dW.Count);
        Shape.Same(x.Width, dW.Width);
        if (dY.Width <= MaxNarrow && dY.Width < x.Width)
        {
            // The right side is packed and the left is not, so the narrow one goes to the right: dWᵀ = xᵀ · dY.
            using Scratch transposed = Scratch.Take(x.Width, dY.Width);
            GemmRight narrow = new(new RowsMatrix(dY), 0, dY.Count, LinesAreRows: false);
            Run(new(x, Transposed: true), narrow, transposed.Rows, add: false, arithmetic);
            AddTransposed(transposed.Rows, dW);
            return;
        }
        Run(new(dY, Transposed: true), new(new RowsMatrix(x), 0, x.Count, LinesAreRows: false), dW, add: true, arithmetic);
    }

    /// <summary>target += sourceᵀ.</summary>
    static void AddTransposed(Rows source, Rows target)
    {
        for (int row = 0; row < target.Count; row++)
        {
            Span<float> to = target[row];
            for (int column = 0; column < to.Length; column++)
            {
                to[column] += source[column][row];
            }
        }
    }

    static void Run(GemmLeft a, GemmRight b, Rows c, bool add, Arithmetic arithmetic)
    {
        if (arithmetic == Arithmetic.BF16 && a.Depth > 0)
        {
            Shape.Same(a.Depth, b.Depth);
            Bf16Gemm.Run(a, b, c, add);
        }
        else if (Vector512.IsHardwareAccelerated)
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

    /// <summary>c[i, j] (+)= Σ_k a[i, k] · b[j, k].</summary>
    internal static void Run<TTile>(GemmLeft a, GemmRight b, Rows c, bool add)
        where TTile : struct, IGemmTile
    {
        Shape.Same(a.Depth, b.Depth);
        if (a.Depth == 0 && !add)
        {
            c.Clear();
        }
        if (a.Depth == 0)
        {
            return;
        }
        GemmGrid grid = GemmGrid.Cut(c.Count, c.Width, TTile.Rows, TTile.Columns, GemmPiece<TTile>.MaxColumns, Workers.Threads);
        Workers.For(grid.Count, piece => new GemmPiece<TTile>(a, b, c, add, grid[piece]).Compute());
    }
}
