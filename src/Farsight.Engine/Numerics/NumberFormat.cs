using System.Diagnostics.CodeAnalysis;

namespace Farsight.Engine.Numerics;

/// <summary>Specifies how a weight is stored.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "Q8_0 and Q4_0 are the formats' names.")]
public enum NumberFormat
{
    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>IEEE half precision: 5 bits of exponent, 10 of fraction.</summary>
    F16,

    /// <summary>The upper half of an F32: 8 bits of exponent, 7 of fraction.</summary>
    BF16,

    /// <summary>Blocks of 32 values: an F16 scale and 32 signed bytes; see <see cref="EightBitBlocks"/>.</summary>
    Q8_0,

    /// <summary>Blocks of 32 values: an F16 scale and 32 numbers of 4 bits; see <see cref="FourBitBlocks"/>.</summary>
    Q4_0,
}

/// <summary>Provides the sizes of a <see cref="NumberFormat"/>.</summary>
public static class NumberFormats
{
    extension(NumberFormat format)
    {
        /// <summary>Gets the number of values that are stored together: 32 of one row in the block formats, otherwise 1.</summary>
        public int ValuesPerBlock => format is NumberFormat.Q8_0 or NumberFormat.Q4_0 ? 32 : 1;

        /// <summary>Gets the number of bytes per block.</summary>
        public int BytesPerBlock => format switch
        {
            NumberFormat.F32 => 4,
            NumberFormat.Q8_0 => EightBitBlocks.BytesPerBlock,
            NumberFormat.Q4_0 => FourBitBlocks.BytesPerBlock,
            _ => 2,
        };

        /// <summary>Gets the number of bytes per value.</summary>
        /// <exception cref="ArgumentException">The format stores blocks; use BytesOf.</exception>
        public int BytesPerValue => format.ValuesPerBlock == 1
            ? format.BytesPerBlock
            : throw new ArgumentException($"{format} stores blocks of {format.ValuesPerBlock} values, not single ones.", nameof(format));

        /// <summary>Computes the number of bytes of <paramref name="values"/> values in one row or in whole rows.</summary>
        /// <exception cref="ArgumentException">The values are not a whole number of blocks.</exception>
        public long BytesOf(long values) =>
            values % format.ValuesPerBlock == 0
                ? checked(values / format.ValuesPerBlock * format.BytesPerBlock)
                : throw new ArgumentException(
                    $"{values} values are not a whole number of {format} blocks of {format.ValuesPerBlock}.",
                    nameof(values));
    }
    internal static void CheckBytes(NumberFormat format, int values, int bytes)
    {
        long wanted = format.BytesOf(values);
        if (bytes != wanted)
        {
            throw new ArgumentException($"{values} values of {format} take {wanted} bytes, but {bytes} bytes were given.", nameof(bytes));
        }
    }
}
