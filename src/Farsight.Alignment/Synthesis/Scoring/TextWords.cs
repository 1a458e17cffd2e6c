namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Splits a text into words and numbers in one pass, without regular expressions.</summary>
static class TextWords
{
    const int CharactersPerWord = 5;

    /// <summary>Returns the words in order.</summary>
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

    /// <summary>Tells whether the letter before this full stop begins the word or follows another initial.</summary>
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

/// <summary>Represents a word or number of a text.</summary>
/// <param name="Start">Index of the first character.</param>
/// <param name="End">Index after the last character, including a possessive 's.</param>
/// <param name="Gap">What precedes the word.</param>
/// <param name="Shape">Shape of the word.</param>
readonly record struct TextWord(int Start, int End, WordGap Gap, WordShape Shape)
{
    internal int Length => End - Start;

    internal bool Is(WordShape shape) => (Shape & shape) != 0;
}

/// <summary>Lists the shapes of words.</summary>
[Flags]
enum WordShape : byte
{
    None = 0,

    /// <summary>Begins with a capital.</summary>
    Capital = 1,

    /// <summary>Two letters or more, all capitals.</summary>
    Upper = 2,

    /// <summary>Begins with a digit.</summary>
    Number = 4,

    /// <summary>Single letters with full stops: U.S.</summary>
    Dotted = 8,

    /// <summary>Has an apostrophe inside.</summary>
    Apostrophe = 16,
}

/// <summary>Lists what can stand between a word and the word before it.</summary>
enum WordGap : byte
{
    /// <summary>White space without an empty line.</summary>
    Space,

    /// <summary>A single hyphen.</summary>
    Hyphen,

    /// <summary>An ampersand between spaces.</summary>
    Ampersand,

    /// <summary>A full stop that may belong to an abbreviation, and a space.</summary>
    Stop,

    /// <summary>The end of a sentence, an empty line, or the beginning of the text.</summary>
    Sentence,

    /// <summary>Any other characters: commas, brackets, quotation marks.</summary>
    Other,
}
