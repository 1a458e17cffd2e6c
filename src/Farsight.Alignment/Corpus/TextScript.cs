namespace Farsight.Alignment.Corpus;

/// <summary>Recognizes the script of a text, such as Latin or Han.</summary>
static class TextScript
{
    const int Sampled = 4096; // characters of the beginning, which are enough to tell

    /// <summary>First and last character of the blocks that most texts are written in (Unicode 16, Blocks.txt).</summary>
    static readonly (char First, char Last, string Name)[] s_blocks =
    [
        ('A', '\u024F', "latin"), ('\u0370', '\u03FF', "greek"), ('\u0400', '\u052F', "cyrillic"), ('\u0530', '\u058F', "armenian"),
        ('\u0590', '\u05FF', "hebrew"), ('\u0600', '\u06FF', "arabic"), ('\u0900', '\u097F', "devanagari"),
        ('\u0980', '\u09FF', "bengali"), ('\u0A00', '\u0A7F', "gurmukhi"), ('\u0A80', '\u0AFF', "gujarati"),
        ('\u0B80', '\u0BFF', "tamil"), ('\u0C00', '\u0C7F', "telugu"), ('\u0C80', '\u0CFF', "kannada"),
        ('\u0D00', '\u0D7F', "malayalam"), ('\u0E00', '\u0E7F', "thai"), ('\u10A0', '\u10FF', "georgian"),
        ('\u1100', '\u11FF', "hangul"), ('\u1200', '\u137F', "ethiopic"), ('\u1E00', '\u1EFF', "latin"), ('\u1F00', '\u1FFF', "greek"),
        ('\u3040', '\u30FF', "kana"), ('\u3400', '\u4DBF', "han"), ('\u4E00', '\u9FFF', "han"), ('\uAC00', '\uD7AF', "hangul"),
    ];

    /// <summary>
    /// Returns the script of most letters: "latin", "han"; Japanese is "kana", as no other text has kana. Returns "none" without letters.
    /// </summary>
    internal static string Of(string text)
    {
        Dictionary<string, int> letters = [];
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, Sampled)))
        {
            if (char.IsLetter(c))
            {
                string name = Name(c);
                letters[name] = letters.GetValueOrDefault(name) + 1;
            }
        }
        int han = letters.GetValueOrDefault("han"), kana = letters.GetValueOrDefault("kana");
        if (kana > 0 && kana * 10 > han)
        {
            letters["kana"] = han + kana;
        }
        return letters.Count == 0 ? "none" : letters.OrderByDescending(l => l.Value).ThenBy(l => l.Key, StringComparer.Ordinal).First().Key;
    }

    static string Name(char c)
    {
        foreach ((char first, char last, string name) in s_blocks)
        {
            if (c >= first && c <= last)
            {
                return name;
            }
        }
        return "other";
    }
}
