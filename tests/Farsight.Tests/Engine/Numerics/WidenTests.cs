using System.Runtime.InteropServices;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Numerics;

public sealed class WidenTests
{
    static readonly ushort[] s_all = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i)];

    [Fact]
    public void BF16_is_the_upper_half_of_a_float_for_every_value()
    {
        float[] floats = new float[s_all.Length];

        Widen.ToFloat(NumberFormat.BF16, MemoryMarshal.AsBytes(s_all.AsSpan()), floats);

        Assert.All(s_all, bits => Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits(floats[bits])));
    }

    [Fact]
    public void F16_is_what_a_half_converts_to_for_every_value()
    {
        float[] floats = new float[s_all.Length];

        Widen.ToFloat(NumberFormat.F16, MemoryMarshal.AsBytes(s_all.AsSpan()), floats);

        Assert.All(s_all, bits => Assert.Equal((float)BitConverter.UInt16BitsToHalf(bits), floats[bits]));
    }

    [Fact]
    public void BF16_widens_at_every_length_and_alignment()
    {
        foreach (int length in Enumerable.Range(0, 70).Append(127).Append(129))
        {
            byte[] stored = new byte[2 * length + 1];
            Narrow.FromFloat(NumberFormat.BF16, TestData.Normal(length, 1), stored.AsSpan(1));
            using GuardedBuffer floats = new(new float[length]);

            Widen.ToFloat(NumberFormat.BF16, stored.AsSpan(1), floats.Span);

            // half a unit of 8 significant bits
            Near.Each(Array.ConvertAll(TestData.Normal(length, 1), f => (double)f), floats.Span, relative: 1.0 / 256, absolute: 0);
        }
    }

    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(1.00390625f, 0x3F80)] // halfway between 1 and the next: to the even one
    [InlineData(1.01171875f, 0x3F82)] // halfway again, the even one is above
    [InlineData(1.0039064f, 0x3F81)]
    [InlineData(-2f, 0xC000)]
    [InlineData(3.4e38f, 0x7F80)]
    [InlineData(float.PositiveInfinity, 0x7F80)]
    [InlineData(1e-45f, 0)]
    public void BF16_rounds_to_nearest_even(float value, int bits) => Assert.Equal(bits, Narrow.ToBFloat16(value));

    [Fact]
    public void NaN_stays_NaN()
    {
        float thin = BitConverter.UInt32BitsToSingle(0x7F800001); // its fraction is lost when only the upper half is kept

        Assert.True(float.IsNaN(BitConverter.UInt32BitsToSingle((uint)Narrow.ToBFloat16(thin) << 16)));
        byte[] half = new byte[2];
        Narrow.FromFloat(NumberFormat.F16, [float.NaN], half);
        Assert.True(Half.IsNaN(BitConverter.ToHalf(half)));
    }

    [Theory]
    [InlineData(NumberFormat.F32)]
    [InlineData(NumberFormat.F16)]
    [InlineData(NumberFormat.BF16)]
    public void Narrowing_what_was_widened_gives_the_same_bytes(NumberFormat format)
    {
        byte[] stored = new byte[100 * format.BytesPerValue], again = new byte[stored.Length];
        float[] floats = new float[100];
        Narrow.FromFloat(format, TestData.Normal(100, 2), stored);

        Widen.ToFloat(format, stored, floats);
        Narrow.FromFloat(format, floats, again);

        Assert.Equal(stored, again);
    }

    [Fact]
    public void A_length_that_does_not_fit_is_refused() =>
        Assert.Throws<ArgumentException>(() => Widen.ToFloat(NumberFormat.BF16, new byte[7], new float[4]));
}
