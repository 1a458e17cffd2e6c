using System.Globalization;
using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Defines the character classes of split patterns: letter, number, white space, line end or none.</summary>
static class CharacterClass
{
    internal const byte Other = 0, Letter = 1, Number = 2, Space = 3, LineEnd = 4, None = 5;
    const byte HalfPair = 6;

    static readonly byte[] s_classes = [.. Enumerable.Range(0, 0x10000).Select(c => OfChar((char)c))];

    /// <summary>
    /// Returns the class of the character that begins at <paramref name="at"/>, and its length; <see cref="None"/> at the end of the text.
    /// </summary>
    internal static byte At(ReadOnlySpan<char> text, int at, out int length)
    {
        length = 1;
        if ((uint)at >= (uint)text.Length)
        {
            return None;
        }
        byte found = s_classes[text[at]];
        return found != HalfPair ? found : OfPair(text[at..], out length);
    }

    static byte OfPair(ReadOnlySpan<char> text, out int length)
    {
        Rune.DecodeFromUtf16(text, out Rune rune, out length);
        return Of(Rune.GetUnicodeCategory(rune));
    }

    static byte OfChar(char c) =>
        c is '\r' or '\n' ? LineEnd
        : char.IsWhiteSpace(c) ? Space
        : char.IsSurrogate(c) ? HalfPair
        : Of(CharUnicodeInfo.GetUnicodeCategory(c));

    static byte Of(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => Letter,
        >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber => Number,
        _ => Other,
    };
}
