namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Finds dates: 12 March 1887, March 12th, 1887, 1887-03-12.</summary>
static class DateRun
{
    const int MostDayDigits = 4; // 12th
    const int YearDigits = 4;

    /// <summary>
    /// Returns the index after the date that begins at <paramref name="first"/>; <paramref name="first"/> itself for none.
    /// </summary>
    internal static int End(ReadOnlySpan<char> text, List<TextWord> words, int first)
    {
        TextWord word = words[first];
        if (first + 1 >= words.Count)
        {
            return first;
        }
        if (word.Is(WordShape.Number))
        {
            return IsDay(text, word) && words[first + 1].Gap == WordGap.Space && IsMonth(text, words[first + 1])
                ? WithYear(text, words, first + 2)
                : Iso(words, first);
        }
        bool beginsWithMonth = words[first + 1].Gap == WordGap.Space && IsDay(text, words[first + 1]) && IsMonth(text, word);
        return beginsWithMonth ? WithYear(text, words, first + 2) : first;
    }

    static int WithYear(ReadOnlySpan<char> text, List<TextWord> words, int next)
    {
        bool follows = next < words.Count && words[next].Is(WordShape.Number) && words[next].Length == YearDigits
            && text[words[next - 1].End..words[next].Start] is " " or ", ";
        return follows ? next + 1 : next;
    }

    static int Iso(List<TextWord> words, int first)
    {
        bool isIso = first + 2 < words.Count && words[first].Length == YearDigits && IsPair(words[first + 1]) && IsPair(words[first + 2]);
        return isIso ? first + 3 : first;
    }

    static bool IsPair(TextWord word) => word.Gap == WordGap.Hyphen && word.Is(WordShape.Number) && word.Length == 2;

    static bool IsDay(ReadOnlySpan<char> text, TextWord word)
    {
        if (!word.Is(WordShape.Number) || word.Length > MostDayDigits)
        {
            return false;
        }
        ReadOnlySpan<char> day = text[word.Start..word.End];
        int digits = day.IndexOfAnyExceptInRange('0', '9') is >= 0 and var at ? at : day.Length;
        return digits <= 2 && day[digits..] is "" or "st" or "nd" or "rd" or "th";
    }

    static bool IsMonth(ReadOnlySpan<char> text, TextWord word) =>
        word.Is(WordShape.Capital)
        && !text[word.Start..word.End].EndsWith("day", StringComparison.Ordinal)
        && NameRun.IsCalendar(text, word);
}
