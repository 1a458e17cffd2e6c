using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Farsight.Engine.Kernels;

/// <summary>One side of a product, seen as [lines, depth], and how its panels are filled.</summary>
/// <remarks>
/// A panel holds W lines side by side, [depth, W], so that a register tile reads it straight through. Lines are either rows
/// of the stored matrix (its columns are the depth) or its columns (its rows are the depth).
/// </remarks>
/// <param name="Matrix">Where the numbers are.</param>
/// <param name="FirstRow">Row of the matrix at which this operand begins.</param>
/// <param name="RowCount">Rows of the matrix that belong to it.</param>
/// <param name="LinesAreRows">True: lines are rows. False: lines are columns.</param>
readonly record struct GemmOperand(WeightMatrix Matrix, int FirstRow, int RowCount, bool LinesAreRows)
{
    const int Chunk = 128;

    internal int Lines => LinesAreRows ? RowCount : Matrix.ColumnCount;

    internal int Depth => LinesAreRows ? Matrix.ColumnCount : RowCount;

    /// <summary>Fills one panel with lines firstLine … firstLine + W − 1; lines beyond the last are zero.</summary>
    /// <param name="firstLine">A multiple of <paramref name="width"/>.</param>
    /// <param name="width">W, a multiple of 2.</param>
    /// <param name="panel">[Depth, W] overwritten.</param>
    internal void Pack(int firstLine, int width, Span<float> panel)
    {
        int lines = Math.Min(width, Lines - firstLine);
        if (lines < width)
        {
            panel.Clear();
        }
        if (LinesAreRows)
        {
            PackRows(firstLine, lines, width, panel);
        }
        else
        {
            for (int k = 0; k < Depth; k++)
            {
                Matrix.Read(FirstRow + k, firstLine, panel.Slice(k * width, lines));
            }
        }
    }

    void PackRows(int firstLine, int lines, int width, Span<float> panel)
    {
        Span<float> four = stackalloc float[4 * Chunk];
        int depth = Depth;
        for (int k = 0; k < depth; k += Chunk)
        {
            int count = Math.Min(Chunk, depth - k);
            for (int line = 0; line < lines; line += 4)
            {
                int some = Math.Min(4, lines - line);
                for (int i = 0; i < some; i++)
                {
                    Matrix.Read(FirstRow + firstLine + line + i, k, four.Slice(i * Chunk, count));
                }
                Transpose(four, some, count, panel[(k * width + line)..], width);
            }
        }
    }

    /// <summary>panel[k · width + i] = four[i · Chunk + k].</summary>
    static void Transpose(ReadOnlySpan<float> four, int lines, int count, Span<float> panel, int width)
    {
        int k = 0;
        if (Sse.IsSupported && lines == 4)
        {
            ref float from = ref MemoryMarshal.GetReference(four);
            ref float to = ref MemoryMarshal.GetReference(panel);
            // Invariant: k + 4 <= count <= Chunk, and the panel holds 4 more lines of this column block.
            for (; k <= count - 4; k += 4)
            {
                Vector128<float> r0 = Vector128.LoadUnsafe(ref from, (nuint)k), r1 = Vector128.LoadUnsafe(ref from, (nuint)(Chunk + k));
                Vector128<float> r2 = Vector128.LoadUnsafe(ref from, (nuint)(2 * Chunk + k)), r3 = Vector128.LoadUnsafe(ref from, (nuint)(3 * Chunk + k));
                Vector128<float> a = Sse.UnpackLow(r0, r1), b = Sse.UnpackLow(r2, r3), c = Sse.UnpackHigh(r0, r1), d = Sse.UnpackHigh(r2, r3);
                ref float column = ref Unsafe.Add(ref to, (nint)k * width);
                Sse.MoveLowToHigh(a, b).StoreUnsafe(ref column);
                Sse.MoveHighToLow(b, a).StoreUnsafe(ref column, (nuint)width);
                Sse.MoveLowToHigh(c, d).StoreUnsafe(ref column, (nuint)(2 * width));
                Sse.MoveHighToLow(d, c).StoreUnsafe(ref column, (nuint)(3 * width));
            }
        }
        for (; k < count; k++)
        {
            for (int i = 0; i < lines; i++)
            {
                panel[k * width + i] = four[i * Chunk + k];
            }
        }
    }
}
