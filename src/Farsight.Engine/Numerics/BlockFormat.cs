using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Numerics;

/// <summary>Defines a block format of ggml that is read and not written: how one block is widened.</summary>
/// <remarks>
/// Every value is scale · n + offset with a small integer n. The product has at most 24 significant bits, so only the sum is rounded,
/// once, and the result does not depend on the instructions that compute it.
/// </remarks>
interface IBlockFormat
{
    /// <summary>Gets the storage format.</summary>
    static abstract NumberFormat Format { get; }

    /// <summary>Widens one block.</summary>
    /// <param name="block">First byte of the block.</param>
    /// <param name="values">First of the block's values; overwritten.</param>
    static abstract void Widen(ref byte block, ref float values);
}

/// <summary>Widens rows of blocks.</summary>
static class BlockFormat
{
    /// <summary>Widens whole blocks.</summary>
    /// <param name="blocks">[BytesOf(n)]</param>
    /// <param name="values">[n] overwritten.</param>
    /// <exception cref="ArgumentException">The lengths do not match.</exception>
    public static void Widen<TFormat>(ReadOnlySpan<byte> blocks, Span<float> values)
        where TFormat : IBlockFormat
    {
        NumberFormats.CheckBytes(TFormat.Format, values.Length, blocks.Length);
        int valuesPerBlock = TFormat.Format.ValuesPerBlock, bytesPerBlock = TFormat.Format.BytesPerBlock;
        ref byte from = ref MemoryMarshal.GetReference(blocks);
        ref float to = ref MemoryMarshal.GetReference(values);
        for (int b = 0; b < values.Length / valuesPerBlock; b++)
        {
            TFormat.Widen(ref from, ref to);
            from = ref Unsafe.Add(ref from, bytesPerBlock);
            to = ref Unsafe.Add(ref to, valuesPerBlock);
        }
    }

    /// <summary>Returns the F16 number at an offset of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Half(ref byte block, int at) => (float)Unsafe.ReadUnaligned<Half>(ref Unsafe.Add(ref block, at));

    /// <summary>Returns sixteen bytes at an offset of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Sixteen(ref byte block, int at) => Vector128.LoadUnsafe(ref block, (nuint)at);

    /// <summary>Returns the lower halves of sixteen bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Low(Vector128<byte> pairs) => pairs & Vector128.Create((byte)15);

    /// <summary>Writes sixteen numbers as scale · n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Write(Vector128<sbyte> numbers, float scale, ref float values, int at)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            (Vector256<float> first, Vector256<float> second) = Eights(numbers);
            (first * scale).StoreUnsafe(ref values, (nuint)at);
            (second * scale).StoreUnsafe(ref values, (nuint)(at + 8));
            return;
        }
        (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(numbers);
        Write(lower, scale, ref values, at);
        Write(upper, scale, ref values, at + 8);
    }

    /// <summary>Writes sixteen numbers as scale · n + offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Write(Vector128<byte> numbers, float scale, float offset, ref float values, int at)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            (Vector256<float> first, Vector256<float> second) = Eights(numbers.AsSByte());
            (first * scale + Vector256.Create(offset)).StoreUnsafe(ref values, (nuint)at);
            (second * scale + Vector256.Create(offset)).StoreUnsafe(ref values, (nuint)(at + 8));
            return;
        }
        (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(numbers.AsSByte());
        Write(lower, scale, ref values, at);
        Write(upper, scale, ref values, at + 8);
        for (int i = at; i < at + Vector128<byte>.Count; i += Vector128<float>.Count)
        {
            (Vector128.LoadUnsafe(ref values, (nuint)i) + Vector128.Create(offset)).StoreUnsafe(ref values, (nuint)i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector256<float> First, Vector256<float> Second) Eights(Vector128<sbyte> numbers)
    {
        (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(numbers);
        (Vector256<int> first, Vector256<int> second) = Vector256.Widen(Vector256.Create(lower, upper));
        return (Vector256.ConvertToSingle(first), Vector256.ConvertToSingle(second));
    }

    static void Write(Vector128<short> numbers, float scale, ref float values, int at)
    {
        (Vector128<int> first, Vector128<int> second) = Vector128.Widen(numbers);
        (Vector128.ConvertToSingle(first) * scale).StoreUnsafe(ref values, (nuint)at);
        (Vector128.ConvertToSingle(second) * scale).StoreUnsafe(ref values, (nuint)(at + 4));
    }
}
