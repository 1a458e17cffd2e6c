using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Numerics;

/// <summary>
/// Converts floats to stored values (little-endian), rounded to nearest, ties to even except in the block formats; NaN stays NaN.
/// </summary>
static class Narrow
{
    /// <summary>Narrows every value of <paramref name="values"/>.</summary>
    /// <param name="format">Storage format.</param>
    /// <param name="values">[n]</param>
    /// <param name="stored">[BytesOf(n)] overwritten.</param>
    /// <exception cref="ArgumentException">The lengths do not match, or the format is only read.</exception>
    public static void FromFloat(NumberFormat format, ReadOnlySpan<float> values, Span<byte> stored)
    {
        NumberFormats.CheckBytes(format, values.Length, stored.Length);
        switch (format)
        {
            case NumberFormat.F32:
                MemoryMarshal.AsBytes(values).CopyTo(stored);
                break;
            case NumberFormat.F16:
                TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(stored));
                break;
            case NumberFormat.Q8_0:
                EightBitBlocks.Narrow(values, stored);
                break;
            case NumberFormat.Q4_0:
                FourBitBlocks.Narrow(values, stored);
                break;
            case NumberFormat.BF16:
                ToBFloat16(values, MemoryMarshal.Cast<byte, ushort>(stored));
                break;
            default:
                throw new ArgumentException($"{format} is a format that is only read; narrow to Q8_0 or Q4_0.", nameof(format));
        }
    }

    /// <summary>Converts floats to the bits of BF16; values beyond its range become infinite.</summary>
    /// <param name="values">[n]</param>
    /// <param name="stored">[n] overwritten.</param>
    public static void ToBFloat16(ReadOnlySpan<float> values, Span<ushort> stored)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(stored.Length, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            stored[i] = ToBFloat16(values[i]);
        }
    }

    /// <summary>Converts one float to the bits of BF16.</summary>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
        {
            return (ushort)((bits >> 16) | 0x40); // quiet, and not infinity when the fraction's upper bits are zero
        }
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
