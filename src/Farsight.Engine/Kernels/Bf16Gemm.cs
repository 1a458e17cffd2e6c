using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Computes c (+)= a · bᵀ in <see cref="Numerics.Arithmetic.BF16"/>.</summary>
/// <remarks>
/// The left side is rounded first, by all threads, to rows whose distance is not a multiple of 4 KiB, so that they do not collide in the
/// caches. A piece of the result then packs its part of the right side, block by block of the depth, and runs the tiles over it, as
/// <see cref="GemmPiece{TTile}"/> does. A new sum starts every 512 terms; sums are added to c in F32. An element's terms are summed in one
/// order, whatever the number of threads.
/// </remarks>
static unsafe class Bf16Gemm
{
    // Twice the depth of F32, whose numbers are twice as large.
    const int DepthBlock = 512, RowBlock = 192, MaxColumns = 768;

    // The rounded left side is at most 32 MiB at a time: more lines than pay for packing the right side again.
    const int MaxLeftWords = 1 << 23, LeastLines = 1024;

    const int LinesPerItem = 32, CacheLine = 16;

    internal static void Run(GemmLeft a, GemmRight b, Rows c, bool add)
    {
        int words = (a.Depth + 1) / 2, lines = Math.Max(LeastLines, MaxLeftWords / words / Bf16Tile.Rows * Bf16Tile.Rows);
        for (int first = 0; first < a.Lines; first += lines)
        {
            int count = Math.Min(lines, a.Lines - first), padded = (count + Bf16Tile.Rows - 1) / Bf16Tile.Rows * Bf16Tile.Rows;
            using Scratch rounded = a.Transposed ? Scratch.Take(words, Pitch(padded)) : Scratch.Take(padded, Pitch(words));
            Round(a, first, count, rounded.Rows);
            Left left = new(rounded.Rows, a.Transposed);
            Rows result = c.Slice(first, count);
            GemmGrid grid = GemmGrid.Cut(count, c.Width, Bf16Tile.Rows, Bf16Tile.Columns, MaxColumns, Workers.Threads);
            Workers.For(grid.Count, piece => Compute(left, a.Depth, b, result, add, grid[piece]));
        }
    }

    /// <summary>Words from one row to the next: an odd number of cache lines, which a multiple of 4 KiB is not.</summary>
    static int Pitch(int words) => CacheLine * ((words + CacheLine - 1) / CacheLine | 1);

    /// <summary>Rounds some lines of the left side: to rows of pairs, or to pairs of rows if it is transposed.</summary>
    /// <remarks>Zeros fill the last tile.</remarks>
    static void Round(GemmLeft a, int firstLine, int lines, Rows target) =>
        Workers.ForBlocks(target.Count, LinesPerItem, (first, count) =>
        {
            for (int row = first; row < first + count; row++)
            {
                uint* words = Words(target, row);
                if (a.Transposed)
                {
                    float* second = 2 * row + 1 < a.Depth ? Floats(a.Source, 2 * row + 1) + firstLine : null;
                    Bf16Pairs.OfTwoRows(Floats(a.Source, 2 * row) + firstLine, second, lines, words);
                    target[row][lines..].Clear();
                }
                else if (row < lines)
                {
                    Bf16Pairs.OfRow(Floats(a.Source, firstLine + row), a.Depth, words);
                }
                else
                {
                    target[row].Clear();
                }
            }
        });

    /// <summary>Computes a piece of the result.</summary>
    static void Compute(Left a, int depth, GemmRight b, Rows c, bool add, (int Row, int RowCount, int Column, int ColumnCount) piece)
    {
        int panels = (piece.ColumnCount + Bf16Tile.Columns - 1) / Bf16Tile.Columns, most = (Math.Min(DepthBlock, depth) + 1) / 2;
        using Scratch packed = Scratch.Take(panels, most * Bf16Tile.Columns);
        uint* words = Words(packed.Rows, 0);
        for (int k = 0; k < depth; k += DepthBlock)
        {
            int steps = Math.Min(DepthBlock, depth - k);
            Bf16Panels.Pack(b, piece.Column, piece.ColumnCount, k, steps, words);
            for (int row = 0; row < piece.RowCount; row += RowBlock)
            {
                Rows block = c.Slice(piece.Row + row, Math.Min(RowBlock, piece.RowCount - row));
                Multiply(a.From(piece.Row + row, k / 2), words, (steps + 1) / 2, block, piece.Column, piece.ColumnCount, add || k > 0);
            }
        }
    }

    /// <summary>Multiplies a block of rows with all panels of a piece, for a block of the depth.</summary>
    static void Multiply(Left a, uint* panels, int pairs, Rows c, int firstColumn, int columns, bool add)
    {
        int whole = c.Count / Bf16Tile.Rows * Bf16Tile.Rows;
        for (int column = 0; column < columns; column += Bf16Tile.Columns)
        {
            Bf16TileCall call = new()
            {
                A = (byte*)a.First,
                Line = a.Line,
                Step = a.Step,
                B = (byte*)(panels + (nint)column * pairs),
                Pairs = pairs,
            };
            if (column + Bf16Tile.Columns > columns)
            {
                Edge(call, c, 0, firstColumn + column, columns - column, add);
                continue;
            }
            if (whole > 0)
            {
                Bf16TileCall tiles = call with
                {
                    C = (float*)Words(c, 0) + firstColumn + column,
                    Stride = sizeof(float) * (nint)c.Width,
                    Tiles = whole / Bf16Tile.Rows,
                    Add = add ? 1 : 0,
                };
                Bf16Tile.Compute(&tiles);
            }
            Edge(call, c, whole, firstColumn + column, Bf16Tile.Columns, add);
        }
    }

    /// <summary>Computes the tiles from a row on beside the result, and copies what belongs to it.</summary>
    static void Edge(Bf16TileCall column, Rows c, int firstRow, int firstColumn, int columns, bool add)
    {
        float* tile = stackalloc float[Bf16Tile.Rows * Bf16Tile.Columns];
        for (int row = firstRow; row < c.Count; row += Bf16Tile.Rows)
        {
            Bf16TileCall call = column with
            {
                A = column.A + row * column.Line,
                C = tile,
                Stride = sizeof(float) * Bf16Tile.Columns,
                Tiles = 1,
            };
            Bf16Tile.Compute(&call);
            for (int r = 0; r < Math.Min(Bf16Tile.Rows, c.Count - row); r++)
            {
                Span<float> to = c[row + r].Slice(firstColumn, columns), from = new(tile + r * Bf16Tile.Columns, columns);
                if (add)
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

    // Rows lie in native memory, which nothing moves.
    static uint* Words(Rows rows, int row) => (uint*)Floats(rows, row);

    static float* Floats(Rows rows, int row) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(rows[row]));

    /// <summary>Represents the rounded left side from some line and pair on. Distances are in bytes.</summary>
    readonly struct Left
    {
        internal Left(Rows rounded, bool transposed)
        {
            First = Words(rounded, 0);
            nint row = sizeof(uint) * (nint)rounded.Width;
            Line = transposed ? sizeof(uint) : row;
            Step = transposed ? row : sizeof(uint);
        }

        internal uint* First { get; private init; }

        internal nint Line { get; }

        internal nint Step { get; }

        internal Left From(int line, int pair) => this with { First = (uint*)((byte*)First + line * Line + pair * Step) };
    }
}
