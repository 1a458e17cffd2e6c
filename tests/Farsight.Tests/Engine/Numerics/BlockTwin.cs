using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Numerics;

/// <summary>The block formats of ggml, value by value in double, from their published layout.</summary>
static class BlockTwin
{
    static readonly int[] s_levels = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>Value i of a block.</summary>
    internal static double Value(NumberFormat format, ReadOnlySpan<byte> block, int i) => format switch
    {
        NumberFormat.Q8_0 => Half(block, 0) * (sbyte)block[2 + i],
        NumberFormat.Q4_0 => Half(block, 0) * (Nibble(block[2..], i) - 8),
        NumberFormat.Q4_1 => Half(block, 0) * Nibble(block[4..], i) + Half(block, 2),
        NumberFormat.Q5_0 => Half(block, 0) * (Nibble(block[6..], i) + 16 * Bit(block[2..], i) - 16),
        NumberFormat.Q5_1 => Half(block, 0) * (Nibble(block[8..], i) + 16 * Bit(block[4..], i)) + Half(block, 2),
        NumberFormat.IQ4_NL => Half(block, 0) * s_levels[Nibble(block[2..], i)],
        NumberFormat.IQ4_XS => Half(block, 0) * (IQ4_XSScale(block, i / 32) - 32) * s_levels[Nibble(block[(8 + i / 32 * 16)..], i % 32)],
        NumberFormat.Q2_K =>
            Half(block, 80) * (block[i / 16] & 15) * TwoBits(block[16..], i) - Half(block, 82) * (block[i / 16] >> 4),
        NumberFormat.Q3_K =>
            Half(block, 108) * (Q3Scale(block[96..], i / 16) - 32) * (TwoBits(block[32..], i) + 4 * (block[i % 32] >> (i / 32) & 1) - 4),
        NumberFormat.Q4_K => SixBits(block, i, PairedNibble(block[16..], i)),
        NumberFormat.Q5_K => SixBits(block, i, PairedNibble(block[48..], i) + 16 * (block[16 + i % 32] >> (i / 32) & 1)),
        NumberFormat.Q6_K => Half(block, 208) * (sbyte)block[192 + i / 16] * (Q6Number(block, i) - 32),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    static double Half(ReadOnlySpan<byte> block, int at) => (double)BitConverter.ToHalf(block[at..]);

    // Of 32 values the first 16 are the lower halves of 16 bytes.
    static int Nibble(ReadOnlySpan<byte> bytes, int i) => i < 16 ? bytes[i] & 15 : bytes[i - 16] >> 4;

    static int Bit(ReadOnlySpan<byte> bytes, int i) => bytes[i / 8] >> (i % 8) & 1;

    // Of 64 values the first 32 are the lower halves of 32 bytes.
    static int PairedNibble(ReadOnlySpan<byte> bytes, int i) => bytes[i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4) & 15;

    // Of 128 values each 32 take two bits of the same 32 bytes.
    static int TwoBits(ReadOnlySpan<byte> bytes, int i) => bytes[i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;

    static int Q6Number(ReadOnlySpan<byte> block, int i)
    {
        int within = i % 128;
        int low = block[i / 128 * 64 + within % 64] >> (within / 64 * 4) & 15;
        return low + 16 * TwoBits(block[128..], i);
    }

    static int Q3Scale(ReadOnlySpan<byte> scales, int group) =>
        (group < 8 ? scales[group] & 15 : scales[group - 8] >> 4) + 16 * (scales[8 + group % 4] >> (group / 4 * 2) & 3);

    static int IQ4_XSScale(ReadOnlySpan<byte> block, int group) =>
        (block[4 + group / 2] >> (group % 2 * 4) & 15) + 16 * (BitConverter.ToUInt16(block[2..]) >> (2 * group) & 3);

    static double SixBits(ReadOnlySpan<byte> block, int i, int number)
    {
        ReadOnlySpan<byte> s = block[4..];
        int j = i / 32;
        int scale = j < 4 ? s[j] % 64 : s[j + 4] % 16 + 16 * (s[j - 4] / 64);
        int minimum = j < 4 ? s[j + 4] % 64 : s[j + 4] / 16 + 16 * (s[j] / 64);
        return Half(block, 0) * scale * number - Half(block, 2) * minimum;
    }
}
