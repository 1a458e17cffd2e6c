using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Numerics;

/// <summary>Converts stored values (little-endian) to floats.</summary>
/// <remarks>
/// Exact where a value is a product of scale and number; a sum with a minimum (Q4_1, Q5_1, Q2_K, Q4_K, Q5_K) is rounded once.
/// </remarks>
static class Widen
{
    const int LargestBlock = 256;

    /// <summary>Widens as many values as <paramref name="destination"/> holds.</summary>
    /// <param name="format">Storage format.</param>
    /// <param name="stored">[BytesOf(n)] need not be aligned.</param>
    /// <param name="destination">[n] overwritten.</param>
    /// <exception cref="ArgumentException">The lengths do not match.</exception>
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
            case NumberFormat.Q4_1:
                BlockFormat.Widen<Q4_1Block>(stored, destination);
                break;
            case NumberFormat.Q5_0:
                BlockFormat.Widen<Q5_0Block>(stored, destination);
                break;
            case NumberFormat.Q5_1:
                BlockFormat.Widen<Q5_1Block>(stored, destination);
                break;
            case NumberFormat.Q2_K:
                BlockFormat.Widen<Q2_KBlock>(stored, destination);
                break;
            case NumberFormat.Q3_K:
                BlockFormat.Widen<Q3_KBlock>(stored, destination);
                break;
            case NumberFormat.Q4_K:
                BlockFormat.Widen<Q4_KBlock>(stored, destination);
                break;
            case NumberFormat.Q5_K:
                BlockFormat.Widen<Q5_KBlock>(stored, destination);
                break;
            case NumberFormat.Q6_K:
                BlockFormat.Widen<Q6_KBlock>(stored, destination);
                break;
            case NumberFormat.IQ4_NL:
                BlockFormat.Widen<IQ4_NLBlock>(stored, destination);
                break;
            case NumberFormat.IQ4_XS:
                BlockFormat.Widen<IQ4_XSBlock>(stored, destination);
                break;
            default:
                FromBFloat16(MemoryMarshal.Cast<byte, ushort>(stored), destination);
                break;
        }
    }

    /// <summary>Widens part of a row, which may begin and end inside a block.</summary>
    /// <param name="format">Storage format.</param>
    /// <param name="row">[BytesOf(row's length)]</param>
    /// <param name="first">Index of the first value.</param>
    /// <param name="destination">[n] overwritten with values first … first + n − 1.</param>
    /// <exception cref="ArgumentException">The range exceeds the row.</exception>
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
        Span<float> values = stackalloc float[LargestBlock];
        values = values[..format.ValuesPerBlock];
        ToFloat(format, block, values);
        values.Slice(first, destination.Length).CopyTo(destination);
    }

    /// <summary>Converts BF16 values, which are the upper halves of floats.</summary>
    /// <param name="stored">[n] bits.</param>
    /// <param name="destination">[n] overwritten.</param>
    public static void FromBFloat16(ReadOnlySpan<ushort> stored, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(stored.Length, destination.Length);
        ref ushort from = ref MemoryMarshal.GetReference(stored);
        ref float to = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        // The runtime's own vector: as wide as the processor's registers up to 256 bits, which keeps up with memory.
        // A full vector at i is inside while i <= stored.Length − width.
        for (; i <= stored.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(Vector.LoadUnsafe(ref from, (nuint)i), out Vector<uint> low, out Vector<uint> high);
            Vector.AsVectorSingle(low << 16).StoreUnsafe(ref to, (nuint)i);
            Vector.AsVectorSingle(high << 16).StoreUnsafe(ref to, (nuint)(i + Vector<uint>.Count));
        }
        for (; i < stored.Length; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)stored[i] << 16);
        }
    }
}
