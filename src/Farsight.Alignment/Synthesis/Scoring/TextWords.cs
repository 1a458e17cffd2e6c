namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Cuts a text into words and numbers in one pass, without regular expressions.</summary>
static class TextWords
{
    const int CharactersPerWord = 5;

    /// <summary>The words in order.</summary>
    internal static List<TextWord> Of(ReadOnlySpan<char> text)
    {
        List<TextWord> words = new((text.Length / CharactersPerWord) + 1);
        int last = -1;
        for (int i = 0; i < text.Length;)
        {
            if (!IsWord(text[i]))
            {
                i++;
                continue;
            }
            int start = i;
            WordShape shape = char.IsDigit(text[i]) ? ReadNumber(text, ref i) : ReadWord(text, ref i);
            words.Add(new(start, i, last < 0 ? WordGap.Sentence : Gap(text[last..start]), shape));
            last = i;
        }
        return words;
    }

    static bool IsWord(char c) => char.IsAscii(c) ? char.IsAsciiLetterOrDigit(c) : char.IsLetterOrDigit(c);

    static bool IsApostrophe(char c) => c is '\'' or '’';

    /// <summary>Letters, marks and digits, with apostrophes and the full stops of initials inside.</summary>
    static WordShape ReadWord(ReadOnlySpan<char> text, ref int i)
    {
        int start = i, letters = 0, upper = 0, part = 0;
        WordShape shape = char.IsUpper(text[i]) ? WordShape.Capital : WordShape.None;
        for (; i < text.Length; i++)
        {
            char c = text[i];
            bool beforeLetter = i + 1 < text.Length && char.IsLetter(text[i + 1]);
            if (IsWord(c) || (!char.IsAscii(c) && IsMark(c)))
            {
                letters++;
                part++;
                upper += char.IsUpper(c) ? 1 : 0;
            }
            else if (IsApostrophe(c) && beforeLetter)
            {
                shape |= WordShape.Apostrophe;
                part = 2; // no initial
            }
            else if (c == '.' && part == 1 && (beforeLetter || (shape & WordShape.Dotted) != 0) && IsInitial(text, start, i))
            {
                shape |= WordShape.Dotted;
                part = 0;
            }
            else
            {
                break;
            }
        }
        return letters > 1 && upper == letters ? shape | WordShape.Upper : shape;
    }

    /// <summary>Whether the letter before this full stop begins the word or follows another initial.</summary>
    static bool IsInitial(ReadOnlySpan<char> text, int start, int stop) => stop - 1 == start || text[stop - 2] == '.';

    /// <summary>Digits with separators of thousands and fractions inside, and letters right behind them.</summary>
    static WordShape ReadNumber(ReadOnlySpan<char> text, ref int i)
    {
        for (; i < text.Length; i++)
        {
            char c = text[i];
            bool isInside = IsWord(c) || (c == '.' && IsDigit(text, i + 1)) || (c == ',' && IsThousand(text, i + 1));
            if (!isInside)
            {
                break;
            }
        }
        return WordShape.Number;
    }

    static bool IsThousand(ReadOnlySpan<char> text, int i) =>
        IsDigit(text, i) && IsDigit(text, i + 1) && IsDigit(text, i + 2) && !IsDigit(text, i + 3);

    static bool IsDigit(ReadOnlySpan<char> text, int i) => i < text.Length && char.IsDigit(text[i]);

    static bool IsMark(char c) =>
        char.GetUnicodeCategory(c)
            is System.Globalization.UnicodeCategory.NonSpacingMark
                or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    static WordGap Gap(ReadOnlySpan<char> gap)
    {
        if (gap.Length == 1)
        {
            return gap[0] is '-' or '‐' or '‑' ? WordGap.Hyphen : char.IsWhiteSpace(gap[0]) ? WordGap.Space : WordGap.Other;
        }
        return gap switch
        {
            " & " => WordGap.Ampersand,
            ". " or ".\n" => WordGap.Stop,
            _ => LongGap(gap),
        };
    }

    static WordGap LongGap(ReadOnlySpan<char> gap)
    {
        int lines = 0;
        bool stopped = false, onlySpace = true;
        foreach (char c in gap)
        {
            bool isSpace = char.IsWhiteSpace(c);
            lines += c == '\n' ? 1 : 0;
            if (lines > 1 || (stopped && isSpace))
            {
                return WordGap.Sentence;
            }
            stopped |= c is '.' or '!' or '?' or '…';
            onlySpace &= isSpace;
        }
        return onlySpace ? WordGap.Space : WordGap.Other;
    }
}
