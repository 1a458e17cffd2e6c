using System.Runtime.InteropServices;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Represents a matrix in Q8_0 or Q4_0 with its rows in groups of 16, as products with 8-bit activations read it.</summary>
/// <remarks>
/// The stored bytes in another order, and no more. A group is a sequence of blocks of 32 columns: 16 scales in F16, then, for every four
/// columns, four bytes of each of the 16 rows. Q8_0 numbers are stored plus 128, so unsigned; in Q4_0 the lower half of a byte belongs to
/// columns 0 to 15 of the block and the upper half to columns 16 to 31.
/// </remarks>
sealed class GroupedMatrix : WeightMatrix, IDisposable
{
    /// <summary>Rows of a group, and values of a block.</summary>
    internal const int GroupRows = 16, BlockValues = 32;

    const int Scales = 2 * GroupRows, SignBit = 0x80, HalfBlock = 16, LowerHalf = 15, Middle = 8;

    readonly AlignedBuffer _bytes;

    GroupedMatrix(WeightMatrix source, NumberFormat format)
    {
        (RowCount, ColumnCount, IsFourBit) = (source.RowCount, source.ColumnCount, format == NumberFormat.Q4_0);
        _bytes = new((long)RowCount / GroupRows * GroupBytes / sizeof(float));
        _bytes.PreferLargePages();
    }

    /// <inheritdoc/>
    public override int RowCount { get; }

    /// <inheritdoc/>
    public override int ColumnCount { get; }

    /// <summary>Whether the numbers are Q4_0, rather than Q8_0.</summary>
    internal bool IsFourBit { get; }

    /// <summary>Bytes of a block of 16 rows and 32 columns.</summary>
    internal int BlockBytes => Scales + (IsFourBit ? GroupRows * HalfBlock : GroupRows * BlockValues);

    /// <summary>Bytes of 16 rows.</summary>
    internal int GroupBytes => ColumnCount / BlockValues * BlockBytes;

    /// <summary>Returns whether a matrix can be grouped: Q8_0 or Q4_0 in memory, with a multiple of 16 rows.</summary>
    internal static bool CanHold(WeightMatrix source) =>
        source.RowCount % GroupRows == 0 && source.ColumnCount % BlockValues == 0
        && source.Stored(0) is { Format: NumberFormat.Q8_0 or NumberFormat.Q4_0 } row && !row.Bytes.IsEmpty;

    /// <summary>Copies a matrix, on all threads.</summary>
    internal static GroupedMatrix From(WeightMatrix source)
    {
        GroupedMatrix grouped = new(source, source.Stored(0).Format);
        Workers.For(source.RowCount / GroupRows, group =>
        {
            for (int i = 0; i < GroupRows; i++)
            {
                grouped.Fill(group, i, source.Stored(group * GroupRows + i).Bytes);
            }
        });
        return grouped;
    }

    /// <summary>Returns the bytes of 16 rows.</summary>
    internal Span<byte> Group(int group) =>
        MemoryMarshal.AsBytes(_bytes.Span((long)group * GroupBytes / sizeof(float), GroupBytes / sizeof(float)));

    /// <inheritdoc/>
    public override void Read(int row, int firstColumn, Span<float> destination)
    {
        ReadOnlySpan<byte> group = Group(row / GroupRows);
        for (int i = 0; i < destination.Length; i++)
        {
            (int block, int column) = Math.DivRem(firstColumn + i, BlockValues);
            ReadOnlySpan<byte> bytes = group.Slice(block * BlockBytes, BlockBytes);
            float scale = (float)MemoryMarshal.Read<Half>(bytes[(2 * (row % GroupRows))..]);
            byte number = bytes[Place(column % (IsFourBit ? HalfBlock : BlockValues), row % GroupRows)];
            int value = !IsFourBit ? (sbyte)(number ^ SignBit) : (column < HalfBlock ? number & LowerHalf : number >> 4) - Middle;
            destination[i] = value * scale;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();

    void Fill(int group, int row, ReadOnlySpan<byte> stored)
    {
        int numbers = IsFourBit ? HalfBlock : BlockValues, storedBlock = sizeof(ushort) + numbers;
        Span<byte> bytes = Group(group);
        for (int block = 0; block < ColumnCount / BlockValues; block++)
        {
            ReadOnlySpan<byte> from = stored.Slice(block * storedBlock, storedBlock);
            Span<byte> to = bytes.Slice(block * BlockBytes, BlockBytes);
            from[..sizeof(ushort)].CopyTo(to[(sizeof(ushort) * row)..]);
            for (int n = 0; n < numbers; n++)
            {
                byte number = from[sizeof(ushort) + n];
                to[Place(n, row)] = IsFourBit ? number : (byte)(number ^ SignBit);
            }
        }
    }

    /// <summary>Place of a number in its block: four columns of all rows, one after the other.</summary>
    static int Place(int number, int row) => Scales + number / 4 * 4 * GroupRows + 4 * row + number % 4;
}
