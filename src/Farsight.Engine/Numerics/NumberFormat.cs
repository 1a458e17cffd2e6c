namespace Farsight.Engine.Numerics;

/// <summary>How a weight is stored.</summary>
public enum NumberFormat
{
    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>IEEE half precision: 5 bits of exponent, 10 of fraction.</summary>
    F16,

    /// <summary>The upper half of an F32: 8 bits of exponent, 7 of fraction.</summary>
    BF16,
}

/// <summary>Facts about a <see cref="NumberFormat"/>.</summary>
public static class NumberFormats
{
    extension(NumberFormat format)
    {
        /// <summary>Bytes that one value takes.</summary>
        public int BytesPerValue => format == NumberFormat.F32 ? 4 : 2;
    }
}
