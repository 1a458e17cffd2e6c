using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Numerics;

/// <summary>Stored values (little-endian) to floats. Exact: every value of every format is a float.</summary>
public static class Widen
{
    /// <summary>Widens as many values as <paramref name="destination"/> holds.</summary>
    /// <param name="format">How the values are stored.</param>
    /// <param name="stored">[BytesOf(n)] need not be aligned.</param>
    /// <param name="destination">[n] overwritten.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together.</exception>
    public static void ToFloat(NumberFormat format, ReadOnlySpan<byte> stored, Span<float> destination)
    {
        NumberFormats.CheckBytes(format, destination.Length, stored.Length);
        switch (format)
        {
            case NumberFormat.F32:
                stored.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case NumberFormat.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(stored), destination);
                break;
            case NumberFormat.Q8_0:
                EightBitBlocks.Widen(stored, destination);
                break;
            case NumberFormat.Q4_0:
                FourBitBlocks.Widen(stored, destination);
                break;
            default:
                FromBFloat16(MemoryMarshal.Cast<byte, ushort>(stored), destination);
                break;
        }
    }

    /// <summary>Widens part of a row, which may begin and end inside a block.</summary>
    /// <param name="format">How the values are stored.</param>
    /// <param name="row">[BytesOf(row's length)]</param>
    /// <param name="first">The first value wanted.</param>
    /// <param name="destination">[n] overwritten with values first … first + n − 1.</param>
    /// <exception cref="ArgumentException">The range leaves the row.</exception>
    public static void ToFloat(NumberFormat format, ReadOnlySpan<byte> row, int first, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        int block = format.ValuesPerBlock, bytes = format.BytesPerBlock;
        int head = Math.Min((block - first % block) % block, destination.Length);
        if (head > 0)
        {
            PartOfBlock(format, row.Slice(first / block * bytes, bytes), first % block, destination[..head]);
        }
        int whole = (destination.Length - head) / block, start = (first + head) / block;
        ToFloat(format, row.Slice(start * bytes, whole * bytes), destination.Slice(head, whole * block));
        if (head + whole * block < destination.Length)
        {
            PartOfBlock(format, row.Slice((start + whole) * bytes, bytes), 0, destination[(head + whole * block)..]);
        }
    }

    static void PartOfBlock(NumberFormat format, ReadOnlySpan<byte> block, int first, Span<float> destination)
    {
        Span<float> values = stackalloc float[EightBitBlocks.ValuesPerBlock];
        ToFloat(format, block, values);
        values.Slice(first, destination.Length).CopyTo(destination);
    }

    /// <summary>A BF16 value is the upper half of the same float.</summary>
    /// <param name="stored">[n] bits.</param>
    /// <param name="destination">[n] overwritten.</param>
    public static void FromBFloat16(ReadOnlySpan<ushort> stored, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(stored.Length, destination.Length);
        int i = 0;
        ref ushort from = ref MemoryMarshal.GetReference(stored);
        ref uint to = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(destination));

        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= stored.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
            {
                (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(Vector512.LoadUnsafe(ref from, (nuint)i));
                (low << 16).StoreUnsafe(ref to, (nuint)i);
                (high << 16).StoreUnsafe(ref to, (nuint)(i + Vector512<uint>.Count));
            }
        }
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= stored.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
            {
                (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
                (low << 16).StoreUnsafe(ref to, (nuint)i);
                (high << 16).StoreUnsafe(ref to, (nuint)(i + Vector256<uint>.Count));
            }
        }
        for (; i < stored.Length; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)stored[i] << 16);
        }
    }
}
