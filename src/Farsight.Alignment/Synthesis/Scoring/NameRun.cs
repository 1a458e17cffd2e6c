using System.Collections.Frozen;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Finds names: sequences of capitalized words.</summary>
static class NameRun
{
    const int MostDigits = 4;
    const int MostSmallWords = 2;

    static readonly FrozenSet<ulong> s_calendar = StopWords.Hashes("""
        january february march april may june july august september october november december
        monday tuesday wednesday thursday friday saturday sunday
        """);

    static readonly FrozenSet<ulong> s_smallWords = StopWords.Hashes("of the de la le du des von van der den di da del al el bin ibn y");

    static readonly FrozenSet<ulong> s_abbreviations = StopWords.Hashes("st jr sr mr mrs ms dr prof lt col gen sgt capt rev no mt ft");

    /// <summary>
    /// Returns the index after the name that begins at <paramref name="first"/>; <paramref name="first"/> itself for none.
    /// </summary>
    internal static int End(ReadOnlySpan<char> text, List<TextWord> words, int first)
    {
        if (!CanBegin(text, words[first]))
        {
            return first;
        }
        int last = first;
        for (int next; (next = Next(text, words, last)) > last;)
        {
            last = next;
        }
        return last == first && IsOnlyFirstInSentence(text, words, first) ? first : last + 1;
    }

    /// <summary>Tells whether a word is a month or a day of the week.</summary>
    internal static bool IsCalendar(ReadOnlySpan<char> text, TextWord word)
    {
        Span<char> form = stackalloc char[TermText.Most];
        return s_calendar.Contains(TermHash.Of(Lower(text, word, form)));
    }

    static bool CanBegin(ReadOnlySpan<char> text, TextWord word)
    {
        if (!word.Is(WordShape.Capital) || word.Gap == WordGap.Hyphen)
        {
            return false;
        }
        Span<char> form = stackalloc char[TermText.Most];
        ReadOnlySpan<char> lower = Lower(text, word, form);
        return lower is not ("i" or "a")
            && (!StopWords.IsNoName(lower) || (word.Is(WordShape.Upper) && lower is "us" or "who"))
            && !s_calendar.Contains(TermHash.Of(lower));
    }

    /// <summary>
    /// Returns the index of the last word if the name continues after <paramref name="last"/>; otherwise <paramref name="last"/>.
    /// </summary>
    static int Next(ReadOnlySpan<char> text, List<TextWord> words, int last)
    {
        int next = last + 1;
        if (next == words.Count)
        {
            return last;
        }
        TextWord word = words[next];
        if (word.Gap == WordGap.Hyphen)
        {
            return next;
        }
        bool goesOn = !IsPossessive(text, words[last])
            && (word.Gap is WordGap.Space or WordGap.Ampersand || (word.Gap == WordGap.Stop && IsAbbreviated(text, words[last])));
        if (!goesOn)
        {
            return last;
        }
        if (IsPart(text, word))
        {
            return next;
        }
        int small = next;
        while (small < words.Count && small < next + MostSmallWords && words[small].Gap == WordGap.Space && IsSmall(text, words[small]))
        {
            small++;
        }
        return small > next && small < words.Count && words[small].Gap == WordGap.Space && CanBegin(text, words[small]) ? small : last;
    }

    static bool IsPart(ReadOnlySpan<char> text, TextWord word)
    {
        if (!word.Is(WordShape.Capital))
        {
            return word.Is(WordShape.Number) && word.Length <= MostDigits;
        }
        Span<char> form = stackalloc char[TermText.Most];
        ReadOnlySpan<char> lower = Lower(text, word, form);
        ulong hash = TermHash.Of(lower);
        return !s_calendar.Contains(hash) && (!StopWords.Contains(lower) || s_smallWords.Contains(hash));
    }

    static bool IsSmall(ReadOnlySpan<char> text, TextWord word) => s_smallWords.Contains(TermHash.Of(text[word.Start..word.End]));

    static bool IsAbbreviated(ReadOnlySpan<char> text, TextWord word)
    {
        Span<char> form = stackalloc char[TermText.Most];
        return word.Length == 1 || s_abbreviations.Contains(TermHash.Of(Lower(text, word, form)));
    }

    static bool IsPossessive(ReadOnlySpan<char> text, TextWord word) =>
        word.Is(WordShape.Apostrophe) && TermText.Bare(text[word.Start..word.End]) < word.Length;

    /// <summary>Returns whether a run is one capitalized word that begins a sentence and looks like an ordinary word.</summary>
    static bool IsOnlyFirstInSentence(ReadOnlySpan<char> text, List<TextWord> words, int index)
    {
        TextWord word = words[index];
        if (word.Gap is not (WordGap.Sentence or WordGap.Stop) || word.Is(WordShape.Upper | WordShape.Dotted))
        {
            return false;
        }
        ReadOnlySpan<char> letters = text[word.Start..word.End];
        bool beforeComma = word.End < text.Length && text[word.End] == ',';
        return beforeComma
            || letters.EndsWith("ly")
            || letters.EndsWith("ing")
            || letters.EndsWith("ed")
            || (letters[^1] == 's' && !word.Is(WordShape.Apostrophe));
    }

    static ReadOnlySpan<char> Lower(ReadOnlySpan<char> text, TextWord word, Span<char> form) =>
        form[..TermText.Lower(text.Slice(word.Start, Math.Min(word.Length, TermText.Most)), form)];
}
