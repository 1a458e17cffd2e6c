using System.Globalization;
using System.Numerics;
using System.Text;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>Implements CPython's rounding, and its <c>int()</c> and <c>float()</c> of a text.</summary>
static class PythonNumbers
{
    /// <summary>Implements <c>round(value, digits)</c>: correctly rounded from the exact binary value, ties to even.</summary>
    public static double Round(double value, int digits)
    {
        if (!double.IsFinite(value) || value == 0)
        {
            return value;
        }
        (BigInteger numerator, BigInteger denominator) = Fraction(Math.Abs(value));
        BigInteger quotient = BigInteger.DivRem(numerator * BigInteger.Pow(10, digits), denominator, out BigInteger rest);
        int half = (rest * 2).CompareTo(denominator);
        if (half > 0 || (half == 0 && !quotient.IsEven))
        {
            quotient++;
        }
        string text = $"{quotient.ToString(CultureInfo.InvariantCulture)}e-{digits.ToString(CultureInfo.InvariantCulture)}";
        return Math.CopySign(double.Parse(text, CultureInfo.InvariantCulture), value);
    }

    /// <summary>Implements <c>round(value)</c>: to the nearest whole number, ties to even.</summary>
    public static int Round(double value) => checked((int)Math.Round(value, MidpointRounding.ToEven));

    /// <summary>
    /// Implements <c>int(text)</c>: surrounding white space, a sign, decimal digits of any script, single underscores between digits.
    /// </summary>
    public static bool TryParseInt(string text, out BigInteger value)
    {
        string digits = AsciiNumber(text);
        bool valid = digits.TrimStart('+', '-') is { Length: > 0 } body && digits.Length - body.Length <= 1 && body.All(char.IsAsciiDigit);
        value = valid ? BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        return valid;
    }

    /// <summary>
    /// Implements <c>float(text)</c>: as <see cref="TryParseInt"/> with fraction and exponent, and "inf", "infinity", "nan" in any case.
    /// </summary>
    public static bool TryParseFloat(string text, out double value)
    {
        string number = AsciiNumber(text);
        string body = number.TrimStart('+', '-').ToLowerInvariant();
        if (number.Length - body.Length <= 1 && body is "inf" or "infinity" or "nan")
        {
            value = body == "nan" ? double.NaN : number[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }
        value = 0;
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return body.Length > 0 && body.All(c => char.IsAsciiDigit(c) || c is '.' or 'e' or '+' or '-')
            && double.TryParse(number, Style, CultureInfo.InvariantCulture, out value);
    }

    // Digits of other scripts become ASCII, underscores between digits go; anything else stays and fails later.
    static string AsciiNumber(string text)
    {
        StringBuilder number = new();
        string stripped = PythonStrings.Strip(text);
        for (int i = 0; i < stripped.Length; i++)
        {
            bool between =
                stripped[i] == '_' && i > 0 && i + 1 < stripped.Length && char.IsDigit(stripped[i - 1]) && char.IsDigit(stripped[i + 1]);
            if (!between)
            {
                number.Append(char.IsDigit(stripped[i]) ? (char)('0' + CharUnicodeInfo.GetDecimalDigitValue(stripped[i])) : stripped[i]);
            }
        }
        return number.ToString();
    }

    static (BigInteger Numerator, BigInteger Denominator) Fraction(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) & 0x7ff;
        long mantissa = (bits & 0xfffffffffffff) | (exponent == 0 ? 0 : 1L << 52);
        int power = Math.Max(exponent, 1) - 1075;
        return power >= 0 ? (mantissa * BigInteger.Pow(2, power), 1) : (mantissa, BigInteger.Pow(2, -power));
    }
}
