using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Numerics;

/// <summary>The block formats of GGUF files against ggml, against a plain twin, and in products.</summary>
public sealed class StoredFormatTests
{
    // Where each format keeps its F16 numbers.
    static readonly Dictionary<NumberFormat, int[]> s_halves = new()
    {
        [NumberFormat.Q4_0] = [0],
        [NumberFormat.Q8_0] = [0],
        [NumberFormat.Q4_1] = [0, 2],
        [NumberFormat.Q5_0] = [0],
        [NumberFormat.Q5_1] = [0, 2],
        [NumberFormat.Q2_K] = [80, 82],
        [NumberFormat.Q3_K] = [108],
        [NumberFormat.Q4_K] = [0, 2],
        [NumberFormat.Q5_K] = [0, 2],
        [NumberFormat.Q6_K] = [208],
        [NumberFormat.IQ4_NL] = [0],
        [NumberFormat.IQ4_XS] = [0],
    };

    public static TheoryData<NumberFormat> Formats => [.. s_halves.Keys];

    [Fact]
    public void Every_format_widens_bit_by_bit_as_in_ggml()
    {
        HashSet<NumberFormat> seen = [];
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden/block-formats.txt")))
        {
            if (line.StartsWith('#'))
            {
                continue;
            }
            string[] fields = line.Split(' ');
            NumberFormat format = Enum.Parse<NumberFormat>(fields[0]);
            byte[] blocks = Convert.FromHexString(fields[1]), expected = Convert.FromHexString(fields[2]);
            float[] values = new float[expected.Length / sizeof(float)];

            Widen.ToFloat(format, blocks, values);

            Assert.Equal(MemoryMarshal.Cast<byte, float>(expected).ToArray(), values);
            seen.Add(format);
        }
        Assert.Equal(s_halves.Keys.Order(), seen.Order());
    }

    [Theory, MemberData(nameof(Formats))]
    public void Any_bytes_widen_to_what_the_layout_says(NumberFormat format)
    {
        byte[] blocks = Random(format, blocks: 40, seed: 11);
        using GuardedBuffer floats = new(new float[40 * format.ValuesPerBlock]);

        Widen.ToFloat(format, blocks, floats.Span);

        for (int i = 0; i < floats.Span.Length; i++)
        {
            ReadOnlySpan<byte> block = blocks.AsSpan(i / format.ValuesPerBlock * format.BytesPerBlock, format.BytesPerBlock);
            Assert.Equal((float)BlockTwin.Value(format, block, i % format.ValuesPerBlock), floats.Span[i]);
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void Every_range_of_a_row_is_that_part_of_the_whole_row(NumberFormat format)
    {
        StoredMatrix matrix = new(format, rows: 1, columns: 512, seed: 5);
        float[] whole = new float[512];
        matrix.Read(0, 0, whole);

        foreach (int first in (int[])[0, 1, 31, 32, 33, 255, 256, 257, 300])
        {
            foreach (int count in (int[])[0, 1, 31, 64, 100, 212])
            {
                float[] part = new float[count];
                matrix.Read(0, first, part);
                Assert.Equal(whole[first..(first + count)], part);
            }
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void A_product_is_that_of_the_widened_weights(NumberFormat format)
    {
        StoredMatrix stored = new(format, rows: 37, columns: 768, seed: 3);
        Rows widened = Rows.Allocate(37, 768);
        for (int row = 0; row < widened.Count; row++)
        {
            stored.Read(row, 0, widened[row]);
        }
        foreach (int rows in (int[])[1, 3, 5, 40]) // in registers, from copies, and packed
        {
            Rows x = Rows.Allocate(rows, 768), expected = Rows.Allocate(rows, 37), actual = Rows.Allocate(rows, 37);
            TestData.Normal(rows * 768, 1).CopyTo(x.Span);

            Gemm.MultiplyTransposed(x, new RowsMatrix(widened), 0, 37, expected, add: false);
            Gemm.MultiplyTransposed(x, stored, 0, 37, actual, add: false);

            Assert.Equal(expected.Span.ToArray(), actual.Span.ToArray());
        }
    }

    [Theory]
    [InlineData(NumberFormat.Q4_1), InlineData(NumberFormat.Q6_K)]
    public void A_format_that_is_only_read_is_not_written(NumberFormat format)
    {
        float[] values = new float[256];

        Assert.Contains(
            "only read",
            Assert.Throws<ArgumentException>(() => Narrow.FromFloat(format, values, new byte[format.BytesOf(256)])).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Random bytes with finite F16 numbers.</summary>
    static byte[] Random(NumberFormat format, int blocks, int seed)
    {
        SeededRandom random = SeededRandom.For(seed, format.ToString(), blocks);
        byte[] bytes = [.. Enumerable.Range(0, blocks * format.BytesPerBlock).Select(_ => (byte)random.NextUInt64())];
        for (int block = 0; block < blocks; block++)
        {
            foreach (int at in s_halves[format])
            {
                Half value = (Half)((random.NextDouble() - 0.5) * 0.1);
                BitConverter.TryWriteBytes(bytes.AsSpan(block * format.BytesPerBlock + at), value);
            }
        }
        return bytes;
    }

    sealed class StoredMatrix(NumberFormat format, int rows, int columns, int seed) : WeightMatrix
    {
        readonly byte[] _bytes = Random(format, rows * columns / format.ValuesPerBlock, seed);

        public override int RowCount => rows;

        public override int ColumnCount => columns;

        public override void Read(int row, int firstColumn, Span<float> destination) =>
            Widen.ToFloat(format, Stored(row).Bytes, firstColumn, destination);

        public override StoredRow Stored(int row)
        {
            int bytes = (int)format.BytesOf(columns);
            return new(format, _bytes.AsSpan(row * bytes, bytes));
        }
    }
}
