using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Packs the right side of a product to panels of BF16 pairs: [⌈lines / 32⌉, pairs, 32], zero beyond the last line.</summary>
static unsafe class Bf16Panels
{
    const int Width = Bf16Tile.Columns, Lines = WordTranspose.Words, BlockValues = 32;

    /// <summary>Fills the panels of some lines for a part of the depth.</summary>
    /// <param name="b">The right side.</param>
    /// <param name="firstLine">First of the lines.</param>
    /// <param name="lines">Number of lines.</param>
    /// <param name="firstK">First step of the depth, even.</param>
    /// <param name="depth">Number of steps.</param>
    /// <param name="panels">[⌈lines / 32⌉, ⌈depth / 2⌉, 32] overwritten.</param>
    internal static void Pack(GemmRight b, int firstLine, int lines, int firstK, int depth, uint* panels)
    {
        int pairs = (depth + 1) / 2, rest = lines % Width;
        if (rest > 0)
        {
            new Span<uint>(panels + (nint)(lines - rest) * pairs, Width * pairs).Clear();
        }
        if (b.LinesAreRows)
        {
            PackRows(b, firstLine, lines, firstK, depth, panels);
        }
        else
        {
            PackColumns(b, firstLine, lines, firstK, depth, panels);
        }
    }

    static void PackColumns(GemmRight b, int firstLine, int lines, int firstK, int depth, uint* panels)
    {
        using Scratch scratch = Scratch.Take(2, lines);
        int pairs = (depth + 1) / 2;
        for (int pair = 0; pair < pairs; pair++)
        {
            int row = b.FirstRow + firstK + 2 * pair;
            float* first = Row(b.Matrix, row, firstLine, scratch.Rows[0]);
            float* second = 2 * pair + 1 < depth ? Row(b.Matrix, row + 1, firstLine, scratch.Rows[1]) : null;
            for (int line = 0; line < lines; line += Width)
            {
                Bf16Pairs.OfTwoRows(
                    first + line, second == null ? null : second + line, Math.Min(Width, lines - line),
                    panels + (nint)line * pairs + (nint)pair * Width);
            }
        }
    }

    /// <summary>Returns part of a row: where it lies if it is F32 in memory, which nothing moves, otherwise widened.</summary>
    static float* Row(WeightMatrix matrix, int row, int first, Span<float> widened)
    {
        StoredRow stored = matrix.Stored(row);
        if (stored.Format == NumberFormat.F32 && !stored.Bytes.IsEmpty)
        {
            return (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(stored.Bytes)) + first;
        }
        matrix.Read(row, first, widened);
        return Address(widened);
    }

    /// <summary>Sixteen lines at a time, from their stored format where they lie in memory as a whole.</summary>
    static void PackRows(GemmRight b, int firstLine, int lines, int firstK, int depth, uint* panels)
    {
        int pairs = (depth + 1) / 2, padded = (depth + BlockValues - 1) / BlockValues * BlockValues;
        using Scratch scratch = Scratch.Take(Lines, padded);
        byte** rows = stackalloc byte*[Lines];
        for (int line = 0; line < lines; line += Lines)
        {
            int count = Math.Min(Lines, lines - line);
            uint* to = panels + line / Width * Width * (nint)pairs + line % Width;
            if (Avx512BW.IsSupported && count == Lines && depth % BlockValues == 0 && firstK % BlockValues == 0
                && TryTranspose(b.Matrix, b.FirstRow + firstLine + line, firstK, pairs, to, rows))
            {
                continue;
            }
            for (int i = 0; i < count; i++)
            {
                Span<float> row = scratch.Rows[i];
                b.Matrix.Read(b.FirstRow + firstLine + line + i, firstK, row[..depth]);
                row[depth..].Clear();
                rows[i] = (byte*)Address(row);
            }
            if (Avx512BW.IsSupported && count == Lines)
            {
                Transpose<SingleLanes>(rows, 0, pairs, to);
            }
            else
            {
                TransposePlainly(rows, count, pairs, to);
            }
        }
    }

    /// <summary>to[pair, i] = the pair of line i.</summary>
    static void TransposePlainly(byte** rows, int count, int pairs, uint* to)
    {
        for (int i = 0; i < count; i++)
        {
            float* row = (float*)rows[i];
            for (int pair = 0; pair < pairs; pair++)
            {
                to[pair * Width + i] = Bf16Pairs.Of(row[2 * pair], row[2 * pair + 1]);
            }
        }
    }

    /// <summary>Packs sixteen stored rows without a copy; returns false if they are not in memory or in another format.</summary>
    static bool TryTranspose(WeightMatrix matrix, int firstRow, int firstK, int pairs, uint* to, byte** rows)
    {
        NumberFormat format = matrix.Stored(firstRow).Format;
        for (int i = 0; i < Lines; i++)
        {
            ReadOnlySpan<byte> bytes = matrix.Stored(firstRow + i).Bytes;
            if (bytes.IsEmpty)
            {
                return false;
            }
            // Stored rows lie in native or mapped memory, which nothing moves.
            rows[i] = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        }
        switch (format)
        {
            case NumberFormat.F32:
                Transpose<SingleLanes>(rows, firstK, pairs, to);
                return true;
            case NumberFormat.BF16:
                TransposePairs(rows, firstK, pairs, to);
                return true;
            case NumberFormat.F16:
                Transpose<HalfLanes>(rows, firstK, pairs, to);
                return true;
            case NumberFormat.Q8_0:
                Transpose<EightBitLanes>(rows, firstK, pairs, to);
                return true;
            case NumberFormat.Q4_0:
                Transpose<FourBitLanes>(rows, firstK, pairs, to);
                return true;
            default:
                return false;
        }
    }

    /// <summary>to[pair, i] = the pair of line i, for sixteen lines.</summary>
    /// <remarks>Blocks of 32 values are rounded to 16 pairs, and 16 × 16 words are transposed in registers.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Transpose<TLanes>(byte** rows, int firstK, int pairs, uint* to)
        where TLanes : IWeightLanes<Vector512<float>>
    {
        Vector512<uint>* words = stackalloc Vector512<uint>[Lines];
        nint block = (nint)firstK / BlockValues * TLanes.BytesPerBlock;
        for (int pair = 0; pair < pairs; pair += 16)
        {
            for (int i = 0; i < Lines; i++)
            {
                ref byte values = ref *(rows[i] + block);
                Vector512<float> scale = Vector512.Create(TLanes.Scale(ref values));
                words[i] = Bf16Pairs.Along(TLanes.Load(ref values, 0, scale), TLanes.Load(ref values, 16, scale));
            }
            Store(words, to + (nint)pair * Width, Math.Min(Lines, pairs - pair));
            block += TLanes.BytesPerBlock;
        }
    }

    /// <summary>The same for BF16, whose neighbors are pairs already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void TransposePairs(byte** rows, int firstK, int pairs, uint* to)
    {
        Vector512<uint>* words = stackalloc Vector512<uint>[Lines];
        for (int pair = 0; pair < pairs; pair += 16)
        {
            for (int i = 0; i < Lines; i++)
            {
                words[i] = Vector512.Load((uint*)rows[i] + firstK / 2 + pair);
            }
            Store(words, to + (nint)pair * Width, Math.Min(Lines, pairs - pair));
        }
    }

    /// <summary>to[k, i] = words[i][k] for k below <paramref name="count"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Vector512<uint>* words, uint* to, int count)
    {
        WordTranspose.InPlace(words);
        for (int k = 0; k < count; k++)
        {
            words[k].Store(to + (nint)k * Width);
        }
    }

    static float* Address(Span<float> native) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(native));
}
