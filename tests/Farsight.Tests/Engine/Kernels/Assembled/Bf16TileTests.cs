using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels.Assembled;

namespace Farsight.Tests.Engine.Kernels.Assembled;

public sealed unsafe class Bf16TileTests
{
    /// <summary>Runs where the processor has VDPBF16PS.</summary>
    sealed class Bf16TheoryAttribute : TheoryAttribute
    {
        public Bf16TheoryAttribute() => Skip = Bf16Tile.IsAssembled ? null : "This processor has no VDPBF16PS, or the system refuses it.";
    }

    // Powers of two that the numbers are multiplied by: common ones; products that are subnormal; products that overflow; all bits.
    [Bf16Theory, InlineData(-8, 8), InlineData(-75, -50), InlineData(-140, 120), InlineData(0, 0)]
    public void The_kernel_and_its_twin_give_the_same_bits(int least, int most)
    {
        Random random = new(least);
        for (int n = 0; n < 400; n++)
        {
            int pairs = 1 + random.Next(40), tiles = 1 + random.Next(3);
            uint[] a = new uint[pairs * Bf16Tile.Rows * tiles], b = new uint[pairs * Bf16Tile.Columns];
            Fill(random, a, least, most);
            Fill(random, b, least, most);
            float[] before = [.. Enumerable.Range(0, Bf16Tile.Rows * Bf16Tile.Columns * tiles).Select(_ => random.NextSingle())];

            Assert.Equal(Bits(Run(a, b, before, tiles, n % 2, twin: true)), Bits(Run(a, b, before, tiles, n % 2, twin: false)));
        }
    }

    [Bf16Theory, InlineData(false), InlineData(true)]
    public void Left_sides_lie_in_rows_or_in_columns(bool transposed)
    {
        const int Pairs = 5, Tiles = 2, Lines = Tiles * Bf16Tile.Rows;
        Random random = new(1);
        uint[] a = new uint[Pairs * Lines], b = new uint[Pairs * Bf16Tile.Columns], other = new uint[a.Length];
        Fill(random, a, -1, 1);
        Fill(random, b, -1, 1);
        for (int line = 0; line < Lines; line++)
        {
            for (int pair = 0; pair < Pairs; pair++)
            {
                other[pair * Lines + line] = a[line * Pairs + pair];
            }
        }
        float[] c = new float[Lines * Bf16Tile.Columns];

        float[] expected = Run(a, b, c, Tiles, add: 0, twin: true);

        Assert.Equal(expected, transposed ? Run(other, b, c, Tiles, add: 0, twin: false, 4, 4 * Lines) : Run(a, b, c, Tiles, 0, false));
    }

    /// <summary>Operands end where a page without access begins, so a read or write beyond them would end the process.</summary>
    [Bf16Theory, InlineData(1, 1), InlineData(3, 1), InlineData(16, 2), InlineData(256, 3)]
    public void Nothing_beyond_the_operands_is_touched(int pairs, int tiles)
    {
        using GuardedBuffer a = new(Pairs(0x3F803F80, pairs * Bf16Tile.Rows * tiles)), b = new(Pairs(0x40004000, pairs * Bf16Tile.Columns));
        using GuardedBuffer c = new(new float[Bf16Tile.Rows * Bf16Tile.Columns * tiles]);
        Bf16TileCall call = new()
        {
            A = (byte*)Start(a),
            Line = 4 * pairs,
            Step = 4,
            B = (byte*)Start(b),
            C = Start(c),
            Stride = 4 * Bf16Tile.Columns,
            Pairs = pairs,
            Tiles = tiles,
        };

        Bf16Tile.Compute(&call);

        Assert.All(c.Span.ToArray(), x => Assert.Equal(4f * pairs, x));
    }

    [Fact]
    public void The_twin_adds_the_second_product_first_and_takes_subnormal_numbers_for_zero()
    {
        const uint One = 0x3F80, Large24 = 0x4B80, MinusLarge24 = 0xCB80, Tiny = 0x0001, Large = 0x7F00;
        uint[] ones = [.. Enumerable.Repeat(One | One << 16, 2 * Bf16Tile.Columns)];
        // After 2²⁴, a 1 is lost before −2²⁴ and not after it.
        uint[] lost = [.. Enumerable.Repeat(new[] { Large24 << 16, MinusLarge24 | One << 16 }, Bf16Tile.Rows).SelectMany(r => r)];
        uint[] kept = [.. Enumerable.Repeat(new[] { Large24 << 16, One | MinusLarge24 << 16 }, Bf16Tile.Rows).SelectMany(r => r)];

        Assert.All(Run(lost, ones, new float[256], 1, add: 0, twin: true), x => Assert.Equal(0f, x));
        Assert.All(Run(kept, ones, new float[256], 1, add: 0, twin: true), x => Assert.Equal(1f, x));
        uint[] tiny = [.. Enumerable.Repeat(Tiny | Tiny << 16, Bf16Tile.Rows)], large = [.. Enumerable.Repeat(Large | Large << 16, 32)];
        Assert.All(Run(tiny, large, new float[256], 1, add: 0, twin: true), x => Assert.Equal(0f, x));
    }

    static float[] Run(uint[] a, uint[] b, float[] before, int tiles, int add, bool twin, int? line = null, int? step = null)
    {
        float[] c = [.. before];
        int pairs = b.Length / Bf16Tile.Columns;
        fixed (uint* left = a, right = b)
        {
            fixed (float* result = c)
            {
                Bf16TileCall call = new()
                {
                    A = (byte*)left,
                    Line = line ?? 4 * pairs,
                    Step = step ?? 4,
                    B = (byte*)right,
                    C = result,
                    Stride = 4 * Bf16Tile.Columns,
                    Pairs = pairs,
                    Tiles = tiles,
                    Add = add,
                };
                if (twin)
                {
                    Bf16TileTwin.Compute(&call);
                }
                else
                {
                    Bf16Tile.Compute(&call);
                }
            }
        }
        return c;
    }

    static float[] Pairs(uint pair, int count) => [.. Enumerable.Repeat(BitConverter.UInt32BitsToSingle(pair), count)];

    static float* Start(GuardedBuffer buffer) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer.Span));

    /// <summary>All NaN are one.</summary>
    static uint[] Bits(float[] x) => [.. x.Select(v => BitConverter.SingleToUInt32Bits(float.IsNaN(v) ? float.NaN : v))];

    static void Fill(Random random, uint[] pairs, int least, int most)
    {
        uint Draw() => least == most
            ? (uint)random.Next(1 << 16)
            : BitConverter.SingleToUInt32Bits((float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(least, most)))) >> 16;
        for (int i = 0; i < pairs.Length; i++)
        {
            pairs[i] = Draw() | Draw() << 16;
        }
    }
}
