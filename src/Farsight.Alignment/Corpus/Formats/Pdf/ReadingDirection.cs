using System.Globalization;
using System.Text;

namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Brings the words of a line, which lie from left to right, into the order in which they are read.</summary>
static class ReadingDirection
{
    /// <summary>Returns the words of the line as texts, separated by spaces where they are apart.</summary>
    internal static string Text(IReadOnlyList<PdfWord> words)
    {
        bool isRightToLeft = IsRightToLeft(words);
        return words.Any(w => w.Text.Any(IsRightToLeft))
            ? string.Join(' ', Ordered(words, isRightToLeft).Select(w => Word(w, isRightToLeft)))
            : string.Join(' ', words.Select(w => w.Text));
    }

    /// <summary>Returns whether most letters are of a script that is read from right to left.</summary>
    internal static bool IsRightToLeft(IReadOnlyList<PdfWord> words)
    {
        int rightToLeft = words.Sum(w => w.Text.Count(IsRightToLeft));
        return rightToLeft > words.Sum(w => w.Text.Count(c => char.IsLetter(c) && !IsRightToLeft(c)));
    }

    static List<PdfWord> Ordered(IReadOnlyList<PdfWord> words, bool isRightToLeft)
    {
        // Runs of the other direction are turned around within the line.
        List<PdfWord> ordered = [.. isRightToLeft ? words.Reverse() : words];
        for (int start = 0; start < ordered.Count; start++)
        {
            int end = start;
            while (end < ordered.Count && IsOf(ordered[end], !isRightToLeft))
            {
                end++;
            }
            if (end - start > 1)
            {
                ordered.Reverse(start, end - start);
            }
            start = Math.Max(start, end - 1);
        }
        return ordered;
    }

    static bool IsOf(PdfWord word, bool isRightToLeft) =>
        isRightToLeft ? word.Text.Any(IsRightToLeft) : word.Text.Any(c => char.IsLetter(c) && !IsRightToLeft(c));

    static string Word(PdfWord word, bool isRightToLeft)
    {
        // In a line from right to left, the punctuation of a number is turned around and the number is not.
        if (!word.Text.Any(IsRightToLeft) && !(isRightToLeft && !word.Text.Any(char.IsLetter)))
        {
            return word.Text;
        }
        StringBuilder text = new();
        PdfGlyph[] glyphs = [.. word.Glyphs.Reverse()];
        for (int start = 0; start < glyphs.Length;)
        {
            int end = start;
            while (end < glyphs.Length && IsLeftToRight(glyphs, end))
            {
                end++;
            }
            for (int at = end - 1; at >= start; at--)
            {
                text.Append(glyphs[at].Text);
            }
            if (end < glyphs.Length)
            {
                text.Append(glyphs[end].Text.Length == 1 ? Mirrored(glyphs[end].Text[0]) : glyphs[end].Text);
            }
            start = end + 1;
        }
        return text.ToString();
    }

    /// <summary>Returns whether a glyph belongs to a number or a word of the other direction; separators inside a number do.</summary>
    static bool IsLeftToRight(PdfGlyph[] glyphs, int at)
    {
        char c = glyphs[at].Text[0];
        return (char.IsLetterOrDigit(c) && !IsRightToLeft(c))
            || (c is '.' or ',' or ':' or '/' or '-' && IsDigit(at - 1) && IsDigit(at + 1));

        bool IsDigit(int i) => i >= 0 && i < glyphs.Length && char.IsDigit(glyphs[i].Text[0]);
    }

    static string Mirrored(char c) => c switch
    {
        '(' => ")",
        ')' => "(",
        '[' => "]",
        ']' => "[",
        '{' => "}",
        '}' => "{",
        '<' => ">",
        '>' => "<",
        '«' => "»",
        '»' => "«",
        _ => c.ToString(CultureInfo.InvariantCulture),
    };

    static bool IsRightToLeft(char c) => c is >= '\u0590' and <= '\u08FF' or >= '\uFB1D' and <= '\uFDFF' or >= '\uFE70' and <= '\uFEFC'
        && !char.IsDigit(c);
}
