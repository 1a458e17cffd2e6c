namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>Detects a response that repeats itself in a loop.</summary>
/// <remarks>
/// There are three signs: the response ends in a repeated sequence of words, the last of them possibly cut off; it ends in a repeated
/// sequence of characters, for scripts without spaces; or most of its four-word sequences occur more than once.
/// </remarks>
static class RepetitionLoop
{
    /// <summary>The reason as summaries spell it.</summary>
    public const string Reason = "repetition_loop";

    const int LeastWords = 8, LeastRepeats = 4, FewRepeats = 3, ManyWords = 30;
    const int LeastCharacters = 40, LastCharacters = 600;
    const int GramLength = 4, LeastGramWords = 40;
    const double MostRepeatedGrams = 0.5;

    /// <summary>Reports a response with one of the signs.</summary>
    public static ResponseFault? Check(string response)
    {
        string[] words = ResponseWords.Plain(response);
        if (Suffix<string>(words, IsLoopOfWords) is { } period)
        {
            return new(Reason, string.Join(' ', words[^period..]));
        }
        string end = response.TrimEnd();
        end = end.Length > LastCharacters ? end[^LastCharacters..] : end;
        if (Suffix<char>(end.AsSpan(), IsLoopOfCharacters) is { } characters)
        {
            return new(Reason, end[^characters..]);
        }
        double repeated = RepeatedGrams(words);
        return repeated > MostRepeatedGrams ? new(Reason, $"{100 * repeated:F0} % of its runs of four words are repeated") : null;
    }

    static bool IsLoopOfWords(int period, int covered) =>
        covered >= LeastWords && (covered >= LeastRepeats * period || (covered >= FewRepeats * period && covered >= ManyWords));

    static bool IsLoopOfCharacters(int period, int covered) => covered >= LeastCharacters && covered >= LeastRepeats * period;

    /// <summary>Returns the shortest period with which the end repeats itself often enough; null for none.</summary>
    static int? Suffix<T>(ReadOnlySpan<T> items, Func<int, int, bool> isLoop)
        where T : IEquatable<T>
    {
        for (int period = 1; period <= items.Length / FewRepeats; period++)
        {
            int covered = period;
            while (covered < items.Length && items[^(covered + 1)].Equals(items[^(covered + 1 - period)]))
            {
                covered++;
            }
            if (isLoop(period, covered))
            {
                return period;
            }
        }
        return null;
    }

    static double RepeatedGrams(string[] words)
    {
        if (words.Length < LeastGramWords)
        {
            return 0;
        }
        string[] grams = [.. Enumerable.Range(0, words.Length - GramLength + 1).Select(i => string.Join(' ', words, i, GramLength))];
        return 1 - (grams.Distinct().Count() / (double)grams.Length);
    }
}
