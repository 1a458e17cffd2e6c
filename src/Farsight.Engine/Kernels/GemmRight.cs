using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the right side of a product as [lines, depth], and packs its panels.</summary>
/// <remarks>
/// A panel holds W lines side by side, [depth, W], so that a register tile reads it straight through. Stored weights are
/// widened on the way. Lines are either rows of the stored matrix (its columns are the depth) or its columns (its rows are
/// the depth).
/// </remarks>
/// <param name="Matrix">Where the numbers are.</param>
/// <param name="FirstRow">Row of the matrix at which this operand begins.</param>
/// <param name="RowCount">Rows of the matrix that belong to it.</param>
/// <param name="LinesAreRows">True: lines are rows. False: lines are columns.</param>
readonly record struct GemmRight(WeightMatrix Matrix, int FirstRow, int RowCount, bool LinesAreRows)
{
    internal int Lines => LinesAreRows ? RowCount : Matrix.ColumnCount;

    internal int Depth => LinesAreRows ? Matrix.ColumnCount : RowCount;

    /// <summary>Fills the panels of some lines for a part of the depth; what is beyond the last line of a panel is zero.</summary>
    /// <param name="firstLine">First of the lines.</param>
    /// <param name="lines">Number of lines.</param>
    /// <param name="firstK">First step of the depth.</param>
    /// <param name="depth">Number of steps.</param>
    /// <param name="width">W.</param>
    /// <param name="panels">[⌈lines / W⌉, depth, W] overwritten.</param>
    internal void Pack(int firstLine, int lines, int firstK, int depth, int width, Span<float> panels)
    {
        int rest = lines % width;
        if (rest > 0)
        {
            panels.Slice((lines - rest) * depth, width * depth).Clear();
        }
        if (LinesAreRows)
        {
            PackRows(firstLine, lines, firstK, depth, width, panels);
        }
        else
        {
            PackColumns(firstLine, lines, firstK, depth, width, panels);
        }
    }

    void PackColumns(int firstLine, int lines, int firstK, int depth, int width, Span<float> panels)
    {
        using Scratch scratch = Scratch.Take(1, lines);
        Span<float> row = scratch.Rows[0];
        for (int k = 0; k < depth; k++)
        {
            Matrix.Read(FirstRow + firstK + k, firstLine, row);
            for (int line = 0; line < lines; line += width)
            {
                int count = Math.Min(width, lines - line);
                row.Slice(line, count).CopyTo(panels.Slice(line * depth + k * width, count));
            }
        }
    }

    void PackRows(int firstLine, int lines, int firstK, int depth, int width, Span<float> panels)
    {
        using Scratch scratch = Scratch.Take(4, depth);
        Rows four = scratch.Rows;
        for (int line = 0; line < lines; line += 4)
        {
            int some = Math.Min(4, lines - line);
            for (int i = 0; i < some; i++)
            {
                Matrix.Read(FirstRow + firstLine + line + i, firstK, four[i]);
            }
            Transpose(four.Span, some, depth, panels[(line / width * width * depth + line % width)..], width);
        }
    }

    /// <summary>panel[k · width + i] = four[i · depth + k].</summary>
    static void Transpose(ReadOnlySpan<float> four, int lines, int depth, Span<float> panel, int width)
    {
        int k = 0;
        if (Sse.IsSupported && lines == 4)
        {
            ref float from = ref MemoryMarshal.GetReference(four);
            ref float to = ref MemoryMarshal.GetReference(panel);
            // Invariant: k + 4 <= depth, and the panel holds 4 more lines of this column block.
            for (; k <= depth - 4; k += 4)
            {
                Vector128<float> r0 = Vector128.LoadUnsafe(ref from, (nuint)k),
                    r1 = Vector128.LoadUnsafe(ref from, (nuint)(depth + k));
                Vector128<float> r2 = Vector128.LoadUnsafe(ref from, (nuint)(2 * depth + k)),
                    r3 = Vector128.LoadUnsafe(ref from, (nuint)(3 * depth + k));
                Vector128<float> a = Sse.UnpackLow(r0, r1),
                    b = Sse.UnpackLow(r2, r3),
                    c = Sse.UnpackHigh(r0, r1),
                    d = Sse.UnpackHigh(r2, r3);
                ref float column = ref Unsafe.Add(ref to, (nint)k * width);
                Sse.MoveLowToHigh(a, b).StoreUnsafe(ref column);
                Sse.MoveHighToLow(b, a).StoreUnsafe(ref column, (nuint)width);
                Sse.MoveLowToHigh(c, d).StoreUnsafe(ref column, (nuint)(2 * width));
                Sse.MoveHighToLow(d, c).StoreUnsafe(ref column, (nuint)(3 * width));
            }
        }
        for (; k < depth; k++)
        {
            for (int i = 0; i < lines; i++)
            {
                panel[k * width + i] = four[i * depth + k];
            }
        }
    }
}
