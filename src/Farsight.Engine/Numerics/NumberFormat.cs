using System.Diagnostics.CodeAnalysis;

namespace Farsight.Engine.Numerics;

/// <summary>Specifies how a weight is stored.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "Q8_0 and Q4_K are the formats' names.")]
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

    /// <summary>Blocks of 32 values; see <see cref="Q4_1Block"/>. This format and those below it are read and not written.</summary>
    Q4_1,

    /// <summary>Blocks of 32 values; see <see cref="Q5_0Block"/>.</summary>
    Q5_0,

    /// <summary>Blocks of 32 values; see <see cref="Q5_1Block"/>.</summary>
    Q5_1,

    /// <summary>Blocks of 256 values; see <see cref="Q2_KBlock"/>.</summary>
    Q2_K,

    /// <summary>Blocks of 256 values; see <see cref="Q3_KBlock"/>.</summary>
    Q3_K,

    /// <summary>Blocks of 256 values; see <see cref="Q4_KBlock"/>.</summary>
    Q4_K,

    /// <summary>Blocks of 256 values; see <see cref="Q5_KBlock"/>.</summary>
    Q5_K,

    /// <summary>Blocks of 256 values; see <see cref="Q6_KBlock"/>.</summary>
    Q6_K,

    /// <summary>Blocks of 32 values; see <see cref="IQ4_NLBlock"/>.</summary>
    IQ4_NL,

    /// <summary>Blocks of 256 values; see <see cref="IQ4_XSBlock"/>.</summary>
    IQ4_XS,
}

/// <summary>Provides the sizes of a <see cref="NumberFormat"/>.</summary>
public static class NumberFormats
{
    extension(NumberFormat format)
    {
        /// <summary>Gets the number of values that are stored together: 32 or 256 of one row in the block formats, otherwise 1.</summary>
        public int ValuesPerBlock => format switch
        {
            NumberFormat.F32 or NumberFormat.F16 or NumberFormat.BF16 => 1,
            NumberFormat.Q2_K or NumberFormat.Q3_K or NumberFormat.Q4_K or NumberFormat.Q5_K or NumberFormat.Q6_K => 256,
            NumberFormat.IQ4_XS => 256,
            _ => 32,
        };

        /// <summary>Gets the number of bytes per block.</summary>
        public int BytesPerBlock => format switch
        {
            NumberFormat.F32 => 4,
            NumberFormat.Q8_0 => EightBitBlocks.BytesPerBlock,
            NumberFormat.Q4_0 or NumberFormat.IQ4_NL => FourBitBlocks.BytesPerBlock,
            NumberFormat.Q4_1 => 20,
            NumberFormat.Q5_0 => 22,
            NumberFormat.Q5_1 => 24,
            NumberFormat.Q2_K => 84,
            NumberFormat.Q3_K => 110,
            NumberFormat.Q4_K => 144,
            NumberFormat.Q5_K => 176,
            NumberFormat.Q6_K => 210,
            NumberFormat.IQ4_XS => 136,
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
