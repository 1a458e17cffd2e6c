using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Numerics;

/// <summary>Converts the block format Q8_0: 32 values as an F16 scale d and 32 signed bytes q; a value is d · q.</summary>
/// <remarks>
/// d = max|x| / 127, q = x · (1/d) rounded to nearest, ties away from zero; the layout and the rounding are those of ggml's reference
/// (quantize_row_q8_0_ref). A block with a value that is not finite has the scale NaN, so that all its values become NaN.
/// </remarks>
static class EightBitBlocks
{
    /// <summary>Number of values in a block.</summary>
    public const int ValuesPerBlock = 32;

    /// <summary>Number of bytes in a block: two of scale, 32 of numbers.</summary>
    public const int BytesPerBlock = 2 + ValuesPerBlock;

    /// <summary>Widens whole blocks; exact.</summary>
    /// <param name="blocks">[n / 32 · 34]</param>
    /// <param name="values">[n] overwritten.</param>
    /// <exception cref="ArgumentException">The lengths do not match.</exception>
    public static void Widen(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        NumberFormats.CheckBytes(NumberFormat.Q8_0, values.Length, blocks.Length);
        ref byte from = ref MemoryMarshal.GetReference(blocks);
        ref float to = ref MemoryMarshal.GetReference(values);
        for (int b = 0; b < values.Length / ValuesPerBlock; b++)
        {
            float scale = (float)Unsafe.ReadUnaligned<Half>(ref from);
            WidenBlock(ref Unsafe.As<byte, sbyte>(ref Unsafe.Add(ref from, 2)), scale, ref to);
            from = ref Unsafe.Add(ref from, BytesPerBlock);
            to = ref Unsafe.Add(ref to, ValuesPerBlock);
        }
    }

    /// <summary>Narrows whole blocks.</summary>
    /// <param name="values">[n]</param>
    /// <param name="blocks">[n / 32 · 34] overwritten.</param>
    /// <exception cref="ArgumentException">The lengths do not match.</exception>
    public static void Narrow(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        NumberFormats.CheckBytes(NumberFormat.Q8_0, values.Length, blocks.Length);
        for (int b = 0; b < values.Length / ValuesPerBlock; b++)
        {
            NarrowBlock(values.Slice(b * ValuesPerBlock, ValuesPerBlock), blocks.Slice(b * BytesPerBlock, BytesPerBlock));
        }
    }

    // 32 numbers from `from`, 32 floats to `to`.
    static void WidenBlock(ref sbyte from, float scale, ref float to)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            (Vector256<short> first, Vector256<short> second) = Vector256.Widen(Vector256.LoadUnsafe(ref from));
            Widen(first, scale, ref to, 0);
            Widen(second, scale, ref to, 16);
            return;
        }
        for (int i = 0; i < ValuesPerBlock; i += Vector128<sbyte>.Count)
        {
            (Vector128<short> first, Vector128<short> second) = Vector128.Widen(Vector128.LoadUnsafe(ref from, (nuint)i));
            Widen(first, scale, ref to, i);
            Widen(second, scale, ref to, i + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Widen(Vector256<short> numbers, float scale, ref float to, int at)
    {
        (Vector256<int> low, Vector256<int> high) = Vector256.Widen(numbers);
        (Vector256.ConvertToSingle(low) * scale).StoreUnsafe(ref to, (nuint)at);
        (Vector256.ConvertToSingle(high) * scale).StoreUnsafe(ref to, (nuint)(at + 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Widen(Vector128<short> numbers, float scale, ref float to, int at)
    {
        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(numbers);
        (Vector128.ConvertToSingle(low) * scale).StoreUnsafe(ref to, (nuint)at);
        (Vector128.ConvertToSingle(high) * scale).StoreUnsafe(ref to, (nuint)(at + 4));
    }

    static void NarrowBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude(values)); // NaN where one is
        float scale = float.IsFinite(largest) ? largest / sbyte.MaxValue : float.NaN;
        float inverse = scale != 0 ? 1 / scale : 0;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        Span<sbyte> numbers = MemoryMarshal.Cast<byte, sbyte>(block[2..]);
        for (int i = 0; i < numbers.Length; i++)
        {
            // Adding half and cutting off is wrong for 0.49999997, whose sum rounds up to 1.
            numbers[i] = (sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }
}
