using System.Globalization;
using System.Text;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>Classifies characters as CPython's <c>str</c> and <c>re</c> do; .NET differs at the edges.</summary>
static class PythonCharacters
{
    /// <summary>Lists ASCII punctuation: <c>string.punctuation</c>.</summary>
    public const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>
    /// Determines whether a character is white space of <c>str.split()</c>, <c>str.strip()</c> and <c>\s</c>: also U+001C to U+001F and
    /// U+0085, not U+200B.
    /// </summary>
    public static bool IsSpace(char c) =>
        c is ' ' or (>= '\t' and <= '\r') or (>= '\x1c' and <= '\x1f') or '\x85' || (c >= '\xa0' && char.IsSeparator(c));

    /// <summary>Determines whether a character is a line end of <c>str.splitlines()</c>.</summary>
    public static bool IsLineEnd(char c) =>
        c is '\n' or '\r' or '\v' or '\f' or (>= '\x1c' and <= '\x1e') or '\x85' or '\u2028' or '\u2029';

    /// <summary>
    /// Determines whether <c>\w</c> matches: letters, everything with a numeric value, and the underscore; no combining marks, no joiners.
    /// </summary>
    public static bool IsWord(Rune rune) => rune.Value == '_' || Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter => true,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => true,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => true,
        _ => false,
    };

    /// <summary>Determines whether <c>\d</c> matches: decimal digits of any script.</summary>
    public static bool IsDecimal(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber;

    /// <summary>Implements <c>str.isdigit()</c> for one character: decimal digits, and "²", "①" and the like.</summary>
    public static bool IsDigit(Rune rune)
    {
        Span<char> text = stackalloc char[2];
        int length = rune.EncodeToUtf16(text);
        return CharUnicodeInfo.GetDigitValue(new string(text[..length]), 0) >= 0;
    }

    /// <summary>Returns the code point that starts at an index; an unpaired surrogate counts as one, U+FFFD.</summary>
    public static Rune At(ReadOnlySpan<char> text, int index)
    {
        Rune.DecodeFromUtf16(text[index..], out Rune rune, out _);
        return rune;
    }

    /// <summary>Returns the code point that ends before an index; an unpaired surrogate counts as one, U+FFFD.</summary>
    public static Rune Before(ReadOnlySpan<char> text, int index)
    {
        Rune.DecodeLastFromUtf16(text[..index], out Rune rune, out _);
        return rune;
    }

    /// <summary>Determines whether <c>\b</c> matches at an index: a word character on exactly one side.</summary>
    public static bool IsWordBoundary(ReadOnlySpan<char> text, int index) =>
        (index > 0 && IsWord(Before(text, index))) != (index < text.Length && IsWord(At(text, index)));
}
