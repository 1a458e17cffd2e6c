using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Numerics;

public sealed class BlockFormatTests
{
    [Fact]
    public void A_block_of_Q8_0_is_as_computed_by_hand()
    {
        // The largest magnitude is 127, so d = 1 and the numbers are the values, halves away from zero.
        float[] values = new float[32];
        (values[0], values[1], values[2], values[3], values[4], values[31]) = (-127, 2.5f, -2.5f, 0.49999997f, 100.4f, 1);
        byte[] block = new byte[34];

        Narrow.FromFloat(NumberFormat.Q8_0, values, block);

        Assert.Equal([0x00, 0x3C, 0x81, 3, 0xFD, 0, 100], block[..7]);
        Assert.Equal(1, block[33]);
        Assert.All(block[7..33], b => Assert.Equal(0, b));
    }

    [Fact]
    public void A_block_of_Q4_0_is_as_computed_by_hand()
    {
        // The largest magnitude is that of 8 (value 17), so d = 8 / −8 = −1 and n = 8.5 − x, cut off.
        float[] values = new float[32];
        (values[0], values[1], values[2], values[16], values[17], values[18]) = (1, -7.6f, -3.5f, 2, 8, -7.4f);
        byte[] block = new byte[18];

        Narrow.FromFloat(NumberFormat.Q4_0, values, block);

        Assert.Equal([0x00, 0xBC, 0x67, 0x0F, 0xFC], block[..5]);
        Assert.All(block[5..], b => Assert.Equal(0x88, b));
        float[] back = new float[32];
        Widen.ToFloat(NumberFormat.Q4_0, block, back);
        Assert.Equal([1, -7, -4], back[..3]);
        Assert.Equal([2, 8, -7], back[16..19]);
    }

    [Fact]
    public void Of_two_largest_magnitudes_the_first_sets_the_sign_of_Q4_0()
    {
        float[] values = new float[32];
        (values[3], values[9]) = (-4, 4);
        byte[] block = new byte[18];

        Narrow.FromFloat(NumberFormat.Q4_0, values, block);

        Assert.Equal((Half)0.5, BitConverter.ToHalf(block));
        Assert.Equal(0x80, block[2 + 3]);
        Assert.Equal(0x8F, block[2 + 9]); // 16.5 does not fit in four bits
    }

    [Theory]
    [InlineData(NumberFormat.Q8_0, 0.5 / 127)]
    [InlineData(NumberFormat.Q4_0, 1.0 / 8)] // half a step, and a whole one on the side that has 7 steps, not 8
    public void What_is_narrowed_comes_back_within_the_bound(NumberFormat format, double bound)
    {
        float[] values = TestData.Normal(32 * 50, 3), back = new float[values.Length];
        byte[] stored = new byte[format.BytesOf(values.Length)];

        Narrow.FromFloat(format, values, stored);
        Widen.ToFloat(format, stored, back);

        for (int i = 0; i < values.Length; i++)
        {
            float largest = values.AsSpan(i / 32 * 32, 32).ToArray().Max(MathF.Abs);
            // and the scale's own rounding
            Assert.InRange(back[i] - values[i], -largest * (bound + 1.0 / 2048), largest * (bound + 1.0 / 2048));
        }
    }

    [Theory]
    [InlineData(NumberFormat.Q8_0)]
    [InlineData(NumberFormat.Q4_0)]
    public void Any_bytes_widen_to_scale_times_number_without_leaving_the_buffer(NumberFormat format)
    {
        const int Blocks = 5;
        byte[] stored = [.. Enumerable.Range(0, Blocks * format.BytesPerBlock).Select(i => (byte)(i * 89 + i / 7))];
        for (int b = 0; b < Blocks; b++)
        {
            stored[b * format.BytesPerBlock + 1] = (byte)(0x30 + b); // a finite scale
        }
        using GuardedBuffer floats = new(new float[32 * Blocks]);

        Widen.ToFloat(format, stored, floats.Span);

        for (int i = 0; i < 32 * Blocks; i++)
        {
            Assert.Equal(Value(format, stored.AsSpan(i / 32 * format.BytesPerBlock), i % 32), floats.Span[i]);
        }
    }

    static float Value(NumberFormat format, ReadOnlySpan<byte> block, int i)
    {
        float scale = (float)BitConverter.ToHalf(block);
        int number = format == NumberFormat.Q8_0 ? (sbyte)block[2 + i] : i < 16 ? (block[2 + i] & 15) - 8 : (block[2 + i - 16] >> 4) - 8;
        return scale * number;
    }

    [Theory]
    [InlineData(NumberFormat.Q8_0)]
    [InlineData(NumberFormat.Q4_0)]
    [InlineData(NumberFormat.BF16)]
    public void Every_range_of_a_row_is_that_part_of_the_whole(NumberFormat format)
    {
        const int Columns = 96;
        using PackedMatrix matrix = PackedMatrix.From(new RowsMatrix(Random(3, Columns)), format);
        float[] whole = new float[Columns];
        matrix.Read(2, 0, whole);

        for (int first = 0; first <= Columns; first++)
        {
            for (int count = 0; count <= Columns - first; count++)
            {
                float[] part = new float[count];
                matrix.Read(2, first, part);
                Assert.True(part.AsSpan().SequenceEqual(whole.AsSpan(first, count)), $"{first}, {count}");
            }
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Read(0, Columns - 1, new float[2]));
    }

    [Fact]
    public void A_packed_matrix_holds_what_each_row_narrows_to()
    {
        Rows rows = Random(37, 64);
        using PackedMatrix matrix = PackedMatrix.From(new RowsMatrix(rows), NumberFormat.Q4_0);

        Assert.Equal((37, 64, 37 * 36L), (matrix.RowCount, matrix.ColumnCount, matrix.ByteCount));
        for (int row = 0; row < rows.Count; row++)
        {
            byte[] alone = new byte[36];
            Narrow.FromFloat(NumberFormat.Q4_0, rows[row], alone);
            Assert.Equal(alone, matrix.StoredRow(row).ToArray());
        }
    }

    [Theory]
    [InlineData(NumberFormat.Q8_0, float.NaN)]
    [InlineData(NumberFormat.Q8_0, float.NegativeInfinity)]
    [InlineData(NumberFormat.Q4_0, float.NaN)]
    [InlineData(NumberFormat.Q4_0, float.PositiveInfinity)]
    public void A_block_with_a_value_that_is_not_finite_becomes_NaN(NumberFormat format, float value)
    {
        float[] values = TestData.Normal(64, 5), back = new float[64];
        values[40] = value;
        byte[] stored = new byte[format.BytesOf(64)];

        Narrow.FromFloat(format, values, stored);
        Widen.ToFloat(format, stored, back);

        Assert.All(back[..32], v => Assert.True(float.IsFinite(v)));
        Assert.All(back[32..], v => Assert.True(float.IsNaN(v)));
    }

    [Fact]
    public void A_row_that_is_no_whole_number_of_blocks_is_refused()
    {
        Assert.Contains("blocks of 32", Assert.Throws<ArgumentException>(() => new PackedMatrix(NumberFormat.Q8_0, 2, 40)).Message);
        Assert.Throws<ArgumentException>(() => Narrow.FromFloat(NumberFormat.Q4_0, new float[33], new byte[18]));
        Assert.Throws<ArgumentException>(() => Widen.ToFloat(NumberFormat.Q8_0, new byte[33], new float[32]));
    }

    static Rows Random(int count, int width)
    {
        Rows rows = Rows.Allocate(count, width);
        TestData.Normal(count * width, 8).CopyTo(rows.Span);
        return rows;
    }
}
