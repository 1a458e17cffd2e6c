using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Farsight.Engine.Numerics.BlockFormat;

namespace Farsight.Engine.Numerics;

/// <summary>
/// Widens Q2_K: 16 bytes of a 4-bit scale s and a 4-bit minimum m, 256 numbers n of 2 bits, F16 factors d and e; of each 16 values one is
/// d · s · n − e · m.
/// </summary>
/// <remarks>The four numbers of a byte lie 32 values apart, as in Q3_K.</remarks>
readonly struct Q2_KBlock : IBlockFormat
{
    const int Numbers = 16, Scale = 80, Minimum = 82;

    public static NumberFormat Format => NumberFormat.Q2_K;

    public static void Widen(ref byte block, ref float values)
    {
        float d = Half(ref block, Scale), e = Half(ref block, Minimum);
        for (int group = 0; group < 16; group++) // of sixteen values
        {
            int scales = Unsafe.Add(ref block, group);
            Vector128<byte> fours = Sixteen(ref block, Numbers + group / 8 * 32 + group % 2 * 16);
            Vector128<byte> numbers = fours >>> (group / 2 % 4 * 2) & Vector128.Create((byte)3);
            Write(numbers, d * (scales & 15), -(e * (scales >> 4)), ref values, group * 16);
        }
    }
}

/// <summary>
/// Widens Q3_K: 256 third bits, the lower 2 bits of 256 numbers n, 16 scales s of 6 bits, an F16 factor d; of each 16 values one is
/// d · (s − 32) · (n − 4).
/// </summary>
readonly struct Q3_KBlock : IBlockFormat
{
    const int Numbers = 32, Scales = 96, Factor = 108;

    public static NumberFormat Format => NumberFormat.Q3_K;

    public static void Widen(ref byte block, ref float values)
    {
        float d = Half(ref block, Factor);
        for (int group = 0; group < 16; group++)
        {
            int part = group % 2 * 16;
            Vector128<byte> fours = Sixteen(ref block, Numbers + group / 8 * 32 + part);
            Vector128<byte> bit = Vector128.Create((byte)(1 << (group / 2)));
            Vector128<byte> lower = fours >>> (group / 2 % 4 * 2) & Vector128.Create((byte)3);
            Vector128<byte> without = Vector128.Equals(Sixteen(ref block, part) & bit, Vector128<byte>.Zero) & Vector128.Create((byte)4);
            Write((lower - without).AsSByte(), d * (ScaleOf(ref block, group) - 32), ref values, group * 16);
        }
    }

    // Four bits from the first eight bytes, two from the last four.
    static int ScaleOf(ref byte block, int group)
    {
        int low = Unsafe.Add(ref block, Scales + group % 8) >> (group / 8 * 4) & 15;
        int high = Unsafe.Add(ref block, Scales + 8 + group % 4) >> (group / 4 * 2) & 3;
        return low | high << 4;
    }
}

/// <summary>
/// Widens Q4_K: F16 factors d and e, 8 scales s and 8 minima m of 6 bits, 256 numbers n of 4 bits; of each 32 values one is
/// d · s · n − e · m.
/// </summary>
readonly struct Q4_KBlock : IBlockFormat
{
    const int Numbers = 16;

    public static NumberFormat Format => NumberFormat.Q4_K;

    public static void Widen(ref byte block, ref float values)
    {
        for (int group = 0; group < 8; group += 2) // of 32 values; two groups share their bytes
        {
            (float scale, float offset) = SixBitScales.Of(ref block, group);
            (float nextScale, float nextOffset) = SixBitScales.Of(ref block, group + 1);
            for (int half = 0; half < 32; half += 16)
            {
                Vector128<byte> pairs = Sixteen(ref block, Numbers + group * 16 + half);
                Write(Low(pairs), scale, offset, ref values, group * 32 + half);
                Write(pairs >>> 4, nextScale, nextOffset, ref values, group * 32 + 32 + half);
            }
        }
    }
}

/// <summary>Widens Q5_K: as Q4_K, with 256 fifth bits between the scales and the numbers.</summary>
readonly struct Q5_KBlock : IBlockFormat
{
    const int HighBits = 16, Numbers = 48;

    public static NumberFormat Format => NumberFormat.Q5_K;

    public static void Widen(ref byte block, ref float values)
    {
        for (int group = 0; group < 8; group += 2)
        {
            (float scale, float offset) = SixBitScales.Of(ref block, group);
            (float nextScale, float nextOffset) = SixBitScales.Of(ref block, group + 1);
            for (int half = 0; half < 32; half += 16)
            {
                Vector128<byte> pairs = Sixteen(ref block, Numbers + group * 16 + half), high = Sixteen(ref block, HighBits + half);
                Write(Low(pairs) | Fifth(high, group), scale, offset, ref values, group * 32 + half);
                Write(pairs >>> 4 | Fifth(high, group + 1), nextScale, nextOffset, ref values, group * 32 + 32 + half);
            }
        }
    }

    static Vector128<byte> Fifth(Vector128<byte> high, int group) => (high >>> group & Vector128.Create((byte)1)) << 4;
}

/// <summary>
/// Widens Q6_K: the lower 4 and the upper 2 bits of 256 numbers n, 16 signed bytes of scale s, an F16 factor d; of each 16 values one is
/// d · s · (n − 32).
/// </summary>
readonly struct Q6_KBlock : IBlockFormat
{
    const int HighBits = 128, Scales = 192, Factor = 208;

    public static NumberFormat Format => NumberFormat.Q6_K;

    public static void Widen(ref byte block, ref float values)
    {
        float d = Half(ref block, Factor);
        for (int group = 0; group < 16; group++)
        {
            // In a half of 128 values, the first 64 take the lower halves of 64 bytes and the others the upper halves.
            int half = group / 8, quarter = group / 2 % 4, part = group % 2 * 16;
            Vector128<byte> pairs = Sixteen(ref block, half * 64 + quarter % 2 * 32 + part);
            Vector128<byte> lower = quarter < 2 ? Low(pairs) : pairs >>> 4;
            Vector128<byte> upper = Sixteen(ref block, HighBits + half * 32 + part) >>> (quarter * 2) & Vector128.Create((byte)3);
            Vector128<byte> numbers = (lower | upper << 4) - Vector128.Create((byte)32);
            Write(numbers.AsSByte(), d * (sbyte)Unsafe.Add(ref block, Scales + group), ref values, group * 16);
        }
    }
}

/// <summary>
/// Widens IQ4_XS: an F16 factor d, 8 scales s of 6 bits (the upper 2 bits of all first), 256 indices i of 4 bits; of each 32 values one is
/// d · (s − 32) · level(i).
/// </summary>
readonly struct IQ4_XSBlock : IBlockFormat
{
    const int HighScales = 2, LowScales = 4, Numbers = 8;

    public static NumberFormat Format => NumberFormat.IQ4_XS;

    public static void Widen(ref byte block, ref float values)
    {
        float d = Half(ref block, 0);
        int high = Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref block, HighScales));
        for (int group = 0; group < 8; group++)
        {
            int low = Unsafe.Add(ref block, LowScales + group / 2) >> (group % 2 * 4) & 15;
            float scale = d * ((low | (high >> (2 * group) & 3) << 4) - 32);
            Vector128<byte> pairs = Sixteen(ref block, Numbers + group * 16);
            Write(NonlinearLevels.Of(Low(pairs)), scale, ref values, group * 32);
            Write(NonlinearLevels.Of(pairs >>> 4), scale, ref values, group * 32 + 16);
        }
    }
}

/// <summary>Reads the scales and minima of Q4_K and Q5_K: F16 factors d and e, then 12 bytes with eight of 6 bits each.</summary>
static class SixBitScales
{
    const int First = 4;

    /// <summary>Returns the scale d · s and the offset −e · m of 32 values.</summary>
    internal static (float Scale, float Offset) Of(ref byte block, int group)
    {
        ref byte bytes = ref Unsafe.Add(ref block, First);
        (int scale, int minimum) = (Unsafe.Add(ref bytes, group) & 63, Unsafe.Add(ref bytes, group + 4) & 63);
        if (group >= 4)
        {
            // Four bits of each in one byte; the other two are the highest of the first eight bytes.
            int four = Unsafe.Add(ref bytes, group + 4);
            (scale, minimum) = (four & 15 | Unsafe.Add(ref bytes, group - 4) >> 6 << 4, four >> 4 | Unsafe.Add(ref bytes, group) >> 6 << 4);
        }
        return (Half(ref block, 0) * scale, -(Half(ref block, 2) * minimum));
    }
}
