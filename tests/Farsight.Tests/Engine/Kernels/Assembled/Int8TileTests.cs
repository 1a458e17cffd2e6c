using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Memory;

namespace Farsight.Tests.Engine.Kernels.Assembled;

public sealed unsafe class Int8TileTests
{
    const int Line = 40, InputBytes = Int8Inputs.BytesPerRowAndBlock;

    /// <summary>Runs where the processor has VPDPBUSD on 512 bits.</summary>
    sealed class VnniTheoryAttribute : TheoryAttribute
    {
        public VnniTheoryAttribute() =>
            Skip = AssembledCode.HasVnni ? null : "This processor has no VPDPBUSD on 512 bits, or the system refuses assembled code.";
    }

    public static TheoryData<int, int, bool> Tiles()
    {
        TheoryData<int, int, bool> data = [];
        for (int rows = 1; rows <= Int8Tile.MaxRows; rows++)
        {
            data.Add(rows, 1, false);
            data.Add(rows, 1, true);
            data.Add(rows, 2, false);
            data.Add(rows, 2, true);
        }
        return data;
    }

    // Bytes of every value, so scales of all kinds: subnormal, infinite and NaN too.
    [VnniTheory, MemberData(nameof(Tiles))]
    public void The_kernel_and_its_twin_give_the_same_bits(int rows, int groups, bool isFourBit)
    {
        Random random = new(rows);
        for (int n = 0; n < 60; n++)
        {
            int blocks = 1 + random.Next(40), repeats = 1 + random.Next(3);
            Operands operands = new(rows, groups, isFourBit, blocks, repeats, isBelow: n % 2 == 0);
            float[] w = Bytes(random, operands.Weights), x = Bytes(random, operands.Inputs);
            float[] before = [.. Enumerable.Range(0, operands.Results).Select(_ => random.NextSingle())];

            Assert.Equal(Bits(operands.Run(w, x, before, n % 3, isTwin: true)), Bits(operands.Run(w, x, before, n % 3, isTwin: false)));
        }
    }

    /// <summary>Operands end where a page without access begins, so a read or write beyond them would end the process.</summary>
    [VnniTheory, MemberData(nameof(Tiles))]
    public void Nothing_beyond_the_operands_is_touched(int rows, int groups, bool isFourBit)
    {
        foreach (int blocks in (int[])[1, 2, 33])
        {
            Operands operands = new(rows, groups, isFourBit, blocks, repeats: 2, isBelow: blocks == 2);
            using GuardedBuffer w = new(Bytes(new(1), operands.Weights)), x = new(Bytes(new(2), operands.Inputs));
            using GuardedBuffer y = new(new float[operands.Results]);
            float[] expected = operands.Run(w.Span.ToArray(), x.Span.ToArray(), new float[operands.Results], 0, isTwin: true);

            Int8TileCall call = operands.Call(Start(w), Start(x), Start(y), add: 0);
            Int8Tile.Compute(rows, groups, isFourBit, &call);

            Assert.Equal(Bits(expected), Bits(y.Span.ToArray()));
        }
    }

    // 32 · 255 · 127 is the largest sum of whole numbers; sums of two products as 16-bit numbers would be cut off.
    [Theory, InlineData(127, 1036320), InlineData(-128, -1044480)]
    public void The_largest_sums_of_whole_numbers_are_exact(int number, float expected)
    {
        Operands operands = new(rows: 1, groups: 1, isFourBit: false, blocks: 1, repeats: 1, isBelow: true);
        byte[] w = [.. Enumerable.Repeat(new byte[] { 0x00, 0x3C }, 16).SelectMany(h => h), .. Enumerable.Repeat((byte)255, 512)];
        byte[] x = [.. Enumerable.Repeat((byte)number, 32), .. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(0)];

        Assert.All(operands.Run(Floats(w), Floats(x), new float[16], 0, isTwin: true), y => Assert.Equal(expected, y));
        Assert.All(operands.Run(Floats(w), Floats(x), new float[16], 0, isTwin: false), y => Assert.Equal(expected, y));
    }

    [Fact]
    public void Activations_too_small_for_a_scale_become_zero()
    {
        Rows x = Rows.Allocate(1, 32);
        x[0][5] = 1e-37f;
        byte[] rounded = [.. Enumerable.Repeat((byte)1, InputBytes)];
        fixed (byte* target = rounded)
        {
            Int8Inputs.Round(x, 0, 1, 128, target);
        }

        Assert.All(rounded[..32], number => Assert.Equal(0, number));
        Assert.Equal(1e-37f / 127, BitConverter.ToSingle(rounded, 32));
        Assert.Equal(0, BitConverter.ToInt32(rounded, 36));
    }

    /// <summary>The sizes of a call whose groups, tiles and rows of results follow each other.</summary>
    sealed class Operands(int rows, int groups, bool isFourBit, int blocks, int repeats, bool isBelow)
    {
        int GroupBytes => blocks * (isFourBit ? 32 + 256 : 32 + 512);

        int TileBytes => blocks * InputBytes * rows;

        // Tiles below each other have their own rows of x; beside each other, their own groups.
        internal int Weights => GroupBytes * (isBelow ? groups : groups + repeats - 1) / sizeof(float);

        internal int Inputs => TileBytes * (isBelow ? repeats : 1) / sizeof(float);

        int Lines => isBelow ? rows * repeats : rows;

        int Width => 16 * (isBelow ? groups : groups + repeats - 1);

        /// <summary>Up to the end of the last tile.</summary>
        internal int Results => (Lines - 1) * Math.Max(Line, Width) + Width;

        internal Int8TileCall Call(float* w, float* x, float* y, int add) => new()
        {
            W = (byte*)w,
            Group = GroupBytes,
            X = (byte*)x,
            Y = y,
            Line = sizeof(float) * Math.Max(Line, Width),
            Blocks = blocks,
            Repeats = repeats,
            WStep = isBelow ? 0 : GroupBytes,
            XStep = isBelow ? TileBytes : 0,
            YStep = isBelow ? rows * sizeof(float) * Math.Max(Line, Width) : 64,
            Add = add,
        };

        internal float[] Run(float[] w, float[] x, float[] before, int add, bool isTwin)
        {
            float[] y = [.. before];
            fixed (float* weights = w, inputs = x, results = y)
            {
                Int8TileCall call = Call(weights, inputs, results, add);
                if (isTwin)
                {
                    Int8TileTwin.Compute(rows, groups, isFourBit, &call);
                }
                else
                {
                    Int8Tile.Compute(rows, groups, isFourBit, &call);
                }
            }
            return y;
        }
    }

    static float[] Bytes(Random random, int floats)
    {
        byte[] bytes = new byte[sizeof(float) * floats];
        random.NextBytes(bytes);
        return Floats(bytes);
    }

    static float[] Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    static float* Start(GuardedBuffer buffer) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer.Span));

    /// <summary>All NaN are one.</summary>
    static uint[] Bits(float[] x) => [.. x.Select(v => BitConverter.SingleToUInt32Bits(float.IsNaN(v) ? float.NaN : v))];
}
