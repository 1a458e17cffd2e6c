using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Numerics;

/// <summary>
/// Converts the block format Q4_0: 32 values as an F16 scale d and 16 bytes of two numbers n (0 … 15); a value is d · (n − 8).
/// </summary>
/// <remarks>
/// d = m / −8 with m the value of largest magnitude, the first of equals; n = x · (1/d) + 8.5, cut off, at most 15. Byte j
/// holds n of value j in its lower half and n of value j + 16 in its upper. Layout and rounding are those of ggml's
/// reference (quantize_row_q4_0_ref). A block with a value that is not finite has the scale NaN, so that all its values become NaN.
/// </remarks>
static class FourBitBlocks
{
    /// <summary>Number of values in a block.</summary>
    public const int ValuesPerBlock = 32;

    /// <summary>Number of bytes in a block: two of scale, 16 of numbers.</summary>
    public const int BytesPerBlock = 2 + Half;

    const int Half = ValuesPerBlock / 2;
    const int Middle = 8, Largest = 15;

    /// <summary>Widens whole blocks; exact.</summary>
    /// <param name="blocks">[n / 32 · 18]</param>
    /// <param name="values">[n] overwritten.</param>
    /// <exception cref="ArgumentException">The lengths do not match.</exception>
    public static void Widen(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        NumberFormats.CheckBytes(NumberFormat.Q4_0, values.Length, blocks.Length);
        ref byte from = ref MemoryMarshal.GetReference(blocks);
        ref float to = ref MemoryMarshal.GetReference(values);
        for (int b = 0; b < values.Length / ValuesPerBlock; b++)
        {
            float scale = (float)Unsafe.ReadUnaligned<System.Half>(ref from);
            Vector128<byte> pairs = Vector128.LoadUnsafe(ref from, 2);
            Widen(pairs & Vector128.Create((byte)Largest), scale, ref to, 0);
            Widen(pairs >>> 4, scale, ref to, Half);
            from = ref Unsafe.Add(ref from, BytesPerBlock);
            to = ref Unsafe.Add(ref to, ValuesPerBlock);
        }
    }

    /// <summary>Narrows whole blocks.</summary>
    /// <param name="values">[n]</param>
    /// <param name="blocks">[n / 32 · 18] overwritten.</param>
    /// <exception cref="ArgumentException">The lengths do not match.</exception>
    public static void Narrow(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        NumberFormats.CheckBytes(NumberFormat.Q4_0, values.Length, blocks.Length);
        for (int b = 0; b < values.Length / ValuesPerBlock; b++)
        {
            NarrowBlock(values.Slice(b * ValuesPerBlock, ValuesPerBlock), blocks.Slice(b * BytesPerBlock, BytesPerBlock));
        }
    }

    // 16 numbers, one a byte, to 16 floats.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Widen(Vector128<byte> numbers, float scale, ref float to, int at)
    {
        Vector128<sbyte> centered = (numbers - Vector128.Create((byte)Middle)).AsSByte();
        (Vector128<short> first, Vector128<short> second) = Vector128.Widen(centered);
        if (Vector256.IsHardwareAccelerated)
        {
            (Vector256<int> low, Vector256<int> high) = Vector256.Widen(Vector256.Create(first, second));
            (Vector256.ConvertToSingle(low) * scale).StoreUnsafe(ref to, (nuint)at);
            (Vector256.ConvertToSingle(high) * scale).StoreUnsafe(ref to, (nuint)(at + 8));
            return;
        }
        EightBitBlocks.Widen(first, scale, ref to, at);
        EightBitBlocks.Widen(second, scale, ref to, at + 8);
    }

    static void NarrowBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = FirstOfLargestMagnitude(values) / -Middle;
        float inverse = scale != 0 ? 1 / scale : 0;
        BinaryPrimitives.WriteHalfLittleEndian(block, (System.Half)scale);
        for (int i = 0; i < Half; i++)
        {
            block[2 + i] = (byte)(Number(values[i] * inverse) | Number(values[Half + i] * inverse) << 4);
        }
    }

    static int Number(float scaled) => Math.Min(Largest, (int)(scaled + (Middle + 0.5f)));

    static float FirstOfLargestMagnitude(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return float.NaN;
            }
            largest = MathF.Abs(value) > MathF.Abs(largest) ? value : largest;
        }
        return largest;
    }
}
