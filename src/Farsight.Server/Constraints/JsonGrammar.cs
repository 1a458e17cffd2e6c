using System.Globalization;

namespace Farsight.Server.Constraints;

/// <summary>Creates grammars of JSON values: compact, with at most one space after a comma or a colon.</summary>
static class JsonGrammar
{
    // Nesting of objects and arrays whose content no schema describes.
    const int FreeDepth = 8;

    // More digits would lose precision in clients that read numbers as doubles.
    const int MaxDigits = 15;

    static readonly Grammar s_digit = new Grammar.OneByte((byte)'0', (byte)'9');
    static readonly Grammar s_hex = Grammar.Any(
        s_digit, new Grammar.OneByte((byte)'a', (byte)'f'), new Grammar.OneByte((byte)'A', (byte)'F'));
    static readonly Grammar s_digits = Grammar.Of(
        new Grammar.OneByte((byte)'1', (byte)'9'), new Grammar.Repeat(s_digit, 0, MaxDigits - 1));
    static readonly Grammar s_natural = Grammar.Any(Grammar.Text("0"), s_digits);

    /// <summary>Gets at most one space.</summary>
    internal static Grammar Space { get; } = new Grammar.Repeat(Grammar.Text(" "), 0, 1);

    /// <summary>Gets a comma.</summary>
    internal static Grammar Comma { get; } = Grammar.Of(Grammar.Text(","), Space);

    /// <summary>Gets one character of a string, written as itself or as an escape; never half of a surrogate pair.</summary>
    internal static Grammar Character { get; } = Grammar.Any(
        Bytes((0x20, 0x21)),
        Bytes((0x23, 0x5B)),
        Bytes((0x5D, 0x7E)),
        Bytes((0xC2, 0xDF), (0x80, 0xBF)),
        Bytes((0xE0, 0xE0), (0xA0, 0xBF), (0x80, 0xBF)),
        Bytes((0xE1, 0xEC), (0x80, 0xBF), (0x80, 0xBF)),
        Bytes((0xED, 0xED), (0x80, 0x9F), (0x80, 0xBF)),
        Bytes((0xEE, 0xEF), (0x80, 0xBF), (0x80, 0xBF)),
        Bytes((0xF0, 0xF0), (0x90, 0xBF), (0x80, 0xBF), (0x80, 0xBF)),
        Bytes((0xF1, 0xF3), (0x80, 0xBF), (0x80, 0xBF), (0x80, 0xBF)),
        Bytes((0xF4, 0xF4), (0x80, 0x8F), (0x80, 0xBF), (0x80, 0xBF)),
        Grammar.Of(Grammar.Text("\\"), Grammar.Any([.. "\"\\/bfnrt".Select(c => Grammar.Text(c.ToString()))])),
        Grammar.Of(
            Grammar.Text("\\u"),
            Grammar.Any(
                Grammar.Of(
                    Grammar.Any(s_digit, Bytes(('a', 'c')), Bytes(('e', 'f')), Bytes(('A', 'C')), Bytes(('E', 'F'))), s_hex, s_hex, s_hex),
                Grammar.Of(Grammar.Any(Grammar.Text("d"), Grammar.Text("D")), Bytes(('0', '7')), s_hex, s_hex))));

    /// <summary>Gets a hexadecimal digit.</summary>
    internal static Grammar Hex => s_hex;

    /// <summary>Gets any whole number of at most 15 digits.</summary>
    internal static Grammar Integer { get; } = Grammar.Any(s_natural, Grammar.Of(Grammar.Text("-"), s_digits));

    /// <summary>Gets any number of at most 15 digits before and after the point.</summary>
    internal static Grammar Number { get; } = Grammar.Of(new Grammar.Repeat(Grammar.Text("-"), 0, 1), s_natural, Fraction(0));

    /// <summary>Gets any value; objects and arrays are nested at most 8 deep.</summary>
    internal static Grammar Value => s_free.Value;

    /// <summary>Gets any object.</summary>
    internal static Grammar FreeObject => s_freeObject.Value;

    static readonly Lazy<Grammar> s_free = new(() => FreeValue(FreeDepth));
    static readonly Lazy<Grammar> s_freeObject = new(() => Map(FreeValue(FreeDepth - 1)));

    /// <summary>Creates a string.</summary>
    internal static Grammar String(int minimum = 0, int maximum = int.MaxValue) =>
        Quoted(new Grammar.Repeat(Character, minimum, maximum));

    /// <summary>Creates a string with given content.</summary>
    internal static Grammar Quoted(Grammar content) => Grammar.Of(Grammar.Text("\""), content, Grammar.Text("\""));

    /// <summary>Creates an array.</summary>
    internal static Grammar Array(Grammar item, int minimum, int maximum)
    {
        if (maximum == 0)
        {
            return Grammar.Text("[]");
        }
        Grammar some = Grammar.Of(
            item,
            new Grammar.Repeat(
                Grammar.Of(Comma, item), Math.Max(0, minimum - 1), maximum == int.MaxValue ? maximum : maximum - 1));
        return Grammar.Of(Grammar.Text("["), minimum == 0 ? Grammar.Any(Grammar.Empty, some) : some, Grammar.Text("]"));
    }

    /// <summary>Creates an object with any keys.</summary>
    internal static Grammar Map(Grammar value)
    {
        Grammar member = Grammar.Of(String(), Grammar.Text(":"), Space, value);
        return Grammar.Of(
            Grammar.Text("{"),
            Grammar.Any(Grammar.Empty, Grammar.Of(member, new Grammar.Repeat(Grammar.Of(Comma, member), 0))),
            Grammar.Text("}"));
    }

    /// <summary>Creates a whole number within bounds, which have at most 15 digits.</summary>
    internal static Grammar Integers(long lowest, long highest) => Grammar.Any(
    [
        .. lowest < 0 ? [Grammar.Of(Grammar.Text("-"), Naturals(Math.Max(1, -highest), -lowest))] : System.Array.Empty<Grammar>(),
        .. highest >= 0 ? [Naturals(Math.Max(0, lowest), highest)] : System.Array.Empty<Grammar>(),
    ]);

    /// <summary>Creates a number within whole bounds, which have at most 15 digits.</summary>
    internal static Grammar Numbers(long lowest, long highest) => Grammar.Any(
    [
        .. lowest < 0 ? [Grammar.Of(Grammar.Text("-"), Positive(Math.Max(0, -highest), -lowest))] : System.Array.Empty<Grammar>(),
        .. highest >= 0 ? [Positive(Math.Max(0, lowest), highest)] : System.Array.Empty<Grammar>(),
    ]);

    static Grammar Positive(long lowest, long highest) => lowest < highest
        ? Grammar.Any(Grammar.Of(Naturals(lowest, highest - 1), Fraction(0)), Naturals(highest, highest))
        : Naturals(highest, highest);

    static Grammar.Repeat Fraction(int minimum) => new(
        Grammar.Of(Grammar.Text("."), new Grammar.Repeat(s_digit, 1, MaxDigits)), minimum, 1);

    static Grammar Naturals(long lowest, long highest)
    {
        List<Grammar> lengths = [];
        long power = 1;
        for (int digits = 1; power <= highest || digits == 1; digits++, power *= 10)
        {
            long first = Math.Max(lowest, digits == 1 ? 0 : power), last = Math.Min(highest, power * 10 - 1);
            if (first <= last)
            {
                lengths.Add(Between(Digits(first), Digits(last)));
            }
        }
        return Grammar.Any([.. lengths]);
    }

    static string Digits(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Creates the numbers between two of equal length.</summary>
    static Grammar Between(string first, string last)
    {
        if (first.Length == 0)
        {
            return Grammar.Empty;
        }
        if (first[0] == last[0])
        {
            return Grammar.Of(Bytes((first[0], first[0])), Between(first[1..], last[1..]));
        }
        int rest = first.Length - 1;
        string nines = new('9', rest), zeros = new('0', rest);
        List<Grammar> options =
        [
            Grammar.Of(Bytes((first[0], first[0])), Between(first[1..], nines)),
            Grammar.Of(Bytes((last[0], last[0])), Between(zeros, last[1..])),
        ];
        if (last[0] - first[0] > 1)
        {
            options.Add(Grammar.Of(Bytes((first[0] + 1, last[0] - 1)), new Grammar.Repeat(s_digit, rest, rest)));
        }
        return Grammar.Any([.. options]);
    }

    static Grammar FreeValue(int depth)
    {
        Grammar scalar = Grammar.Any(String(), Number, Grammar.Text("true"), Grammar.Text("false"), Grammar.Text("null"));
        Grammar value = scalar;
        for (int level = 0; level < depth; level++)
        {
            value = Grammar.Any(scalar, Map(value), Array(value, 0, int.MaxValue));
        }
        return value;
    }

    static Grammar Bytes(params (int First, int Last)[] ranges) =>
        Grammar.Of([.. ranges.Select(r => (Grammar)new Grammar.OneByte((byte)r.First, (byte)r.Last))]);
}
