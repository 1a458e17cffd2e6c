using System.Globalization;
using System.Text;

namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Cleans the characters of a glyph, and combines accents with the letters that they are drawn over.</summary>
static class GlyphText
{
    /// <summary>Accents that old TeX fonts draw as glyphs of their own, and the combining character of each.</summary>
    static readonly Dictionary<char, char> s_accents = new()
    {
        ['`'] = '\u0300',
        ['\u00B4'] = '\u0301',
        ['^'] = '\u0302',
        ['\u02C6'] = '\u0302',
        ['~'] = '\u0303',
        ['\u02DC'] = '\u0303',
        ['\u00AF'] = '\u0304',
        ['\u02D8'] = '\u0306',
        ['\u02D9'] = '\u0307',
        ['\u00A8'] = '\u0308',
        ['\u02DA'] = '\u030A',
        ['\u02DD'] = '\u030B',
        ['\u02C7'] = '\u030C',
        ['\u00B8'] = '\u0327',
        ['\u02DB'] = '\u0328',
    };

    /// <summary>The letters of Latin ligatures and of Hebrew and Arabic presentation forms. The normalization of .NET needs ICU.</summary>
    static readonly Dictionary<int, string> s_forms = ReadForms();

    /// <summary>
    /// Replaces ligatures and presentation forms by their letters, and removes control characters. Null where nothing readable is left.
    /// </summary>
    internal static string? Clean(string text)
    {
        StringBuilder clean = new(text.Length);
        bool isReadable = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int code = rune.Value;
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.Control when code is '\t' or '\n' or '\r':
                    clean.Append(' ');
                    isReadable = true;
                    break;
                case UnicodeCategory.Control:
                    isReadable = true; // the file does say what it is: nothing that belongs to a text
                    break;
                case UnicodeCategory.PrivateUse when code is 0xF0B7 or 0xF0A7:
                    clean.Append('•'); // the bullets of Symbol and Wingdings
                    isReadable = true;
                    break;
                case UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned:
                    break;
                case var _ when code is 0xFFFD:
                    break;
                case UnicodeCategory.Format when code is not (0xAD or 0x200C or 0x200D):
                    isReadable = true; // direction marks, byte order marks
                    break;
                default:
                    clean.Append(s_forms.TryGetValue(code, out string? letters) ? letters : rune.ToString());
                    isReadable = true;
                    break;
            }
        }
        return isReadable ? clean.ToString() : null;
    }

    /// <summary>Returns the combining characters of an accent glyph; null for another glyph.</summary>
    internal static string? Accent(string text) =>
        text.All(c => CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark) ? text
        : text.Length == 1 && s_accents.TryGetValue(text[0], out char combining) ? combining.ToString()
        : null;

    static Dictionary<int, string> ReadForms()
    {
        Dictionary<int, string> forms = [];
        using Stream stream = typeof(GlyphText).Assembly.GetManifestResourceStream("PresentationForms.txt")!;
        using StreamReader table = new(stream);
        while (table.ReadLine() is { } line)
        {
            if (line.Split(' ') is [var first, "-", var last, .. var letters] && first != "#")
            {
                string text = string.Concat(letters.Select(l => (char)Hex(l)));
                for (int code = Hex(first); code <= Hex(last); code++)
                {
                    forms.Add(code, text);
                }
            }
        }
        return forms;
    }

    static int Hex(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Returns whether the text is written without spaces, so that its wrapped lines are joined without one.</summary>
    internal static bool IsCjk(char c) =>
        c is >= '\u2E80' and <= '\u9FFF' or >= '\uF900' and <= '\uFAFF' or >= '\uFF00' and <= '\uFFEF' or >= '\uD840' and <= '\uDFFF'
        && c is not (>= '\u3130' and <= '\u318F');
}
