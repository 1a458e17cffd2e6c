using System.Buffers;
using System.Globalization;
using System.Text;

namespace Farsight.Engine;

/// <summary>Escapes the characters of a text that a terminal or browser obeys instead of showing.</summary>
/// <remarks>
/// Names of files, documents and answers of servers are foreign text. Printed as they are, they could clear the screen, hide a line or
/// reverse its reading order. The escape is that of JSON, so escaped JSON has the same meaning.
/// </remarks>
public static class VisibleText
{
    static readonly SearchValues<char> s_plain =
        SearchValues.Create(string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)) + "\n\t");

    /// <summary>
    /// Replaces control characters, which begin terminal sequences, and marks of the writing direction by escapes such as \u001B. Line
    /// breaks and tabs stay.
    /// </summary>
    public static string Of(string text)
    {
        int first = text.AsSpan().ContainsAnyExcept(s_plain) ? Next(text, 0) : text.Length;
        if (first == text.Length)
        {
            return text;
        }
        StringBuilder visible = new(text.Length + 16);
        for (int from = 0, at = first; from < text.Length; at = Next(text, from))
        {
            visible.Append(text, from, at - from);
            if (at < text.Length)
            {
                visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[at]:X4}");
            }
            from = at + 1;
        }
        return visible.ToString();
    }

    /// <summary>Returns the place of the first character from a place on that is escaped, or else the length.</summary>
    static int Next(string text, int from)
    {
        int at = from;
        while (at < text.Length && !IsEscaped(text[at], at + 1 < text.Length ? text[at + 1] : '\0'))
        {
            at++;
        }
        return at;
    }

    static bool IsEscaped(char c, char next) =>
        (char.IsControl(c) && c is not ('\n' or '\t') && (c, next) is not ('\r', '\n'))
        || c is '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\uFEFF';
}
