using System.Buffers;
using System.Globalization;
using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>
/// Represents text with one char per code point, so that .NET regular expressions, which see UTF-16, split it by code points.
/// </summary>
/// <remarks>A character beyond U+FFFF is replaced by a stand-in of the same general category, half a surrogate pair by U+FFFD.</remarks>
readonly ref struct CodePointText
{
    // one character of each category, in the order of UnicodeCategory; none of them occurs in the patterns of tokenizers
    const string StandIns =
        "\u0110\u0111\u01C5\u02B0\u01C0\u0300\u0903\u20DD\u0660\u16EE\u00B2\u00A0\u2028\u2029\u0080"
        + "\u00AD\uFFFD\uE000\u203F\u2010\u2045\u2046\u00AB\u00BB\u00A1\u00AC\u00A2\u00A8\u00A6\u0378";

    readonly int[]? _starts;

    internal CodePointText(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            Chars = text;
            return;
        }
        char[] chars = new char[text.Length];
        _starts = new int[text.Length + 1];
        int count = 0, at = 0;
        while (at < text.Length)
        {
            _starts[count] = at;
            OperationStatus status = Rune.DecodeFromUtf16(text[at..], out Rune rune, out int length);
            chars[count++] =
                status != OperationStatus.Done ? '\uFFFD'
                : rune.IsBmp ? (char)rune.Value
                : StandIn(Rune.GetUnicodeCategory(rune));
            at += length;
        }
        _starts[count] = at;
        Chars = chars.AsSpan(0, count);
    }

    /// <summary>One char for every character.</summary>
    internal ReadOnlySpan<char> Chars { get; }

    /// <summary>Returns where the character with this number begins in the text.</summary>
    internal int Start(int character) => _starts is null ? character : _starts[character];

    internal static char StandIn(UnicodeCategory category) => StandIns[(int)category];
}
