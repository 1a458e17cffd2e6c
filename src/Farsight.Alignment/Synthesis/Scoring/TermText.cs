namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Normalizes words: lower case, without possessive ending, stemmed.</summary>
static class TermText
{
    /// <summary>Maximum characters of a word; longer words are truncated.</summary>
    internal const int Most = 64;

    /// <summary>Writes the normal form of a word.</summary>
    /// <param name="text">Text that contains the word.</param>
    /// <param name="word">Position of the word.</param>
    /// <param name="form">Receives the form; at least <see cref="Most"/> characters.</param>
    /// <returns>Number of characters; 0 for <see cref="StopWords"/>.</returns>
    internal static int Write(ReadOnlySpan<char> text, TextWord word, Span<char> form)
    {
        ReadOnlySpan<char> letters = text.Slice(word.Start, Math.Min(word.Length, Most));
        if (word.Is(WordShape.Number | WordShape.Dotted))
        {
            return Without(letters, word.Is(WordShape.Number) ? ',' : '.', form);
        }
        int length = Lower(letters, form);
        if (word.Is(WordShape.Upper) && length == letters.Length && !word.Is(WordShape.Apostrophe))
        {
            return IsStopInCapitals(form[..length]) ? 0 : length; // US is not us, and THE is the
        }
        if (length < 2 || StopWords.Contains(form[..length]))
        {
            return 0;
        }
        if (word.Is(WordShape.Apostrophe))
        {
            length = Bare(form[..length]);
            if (length < 2 || StopWords.Contains(form[..length]))
            {
                return 0;
            }
        }
        return Stem.Shorten(form[..length]);
    }

    /// <summary>Characters of a word without its possessive ending.</summary>
    internal static int Bare(ReadOnlySpan<char> word) =>
        word.Length > 2 && word[^1] is 's' or 'S' && word[^2] is '\'' or '’' ? word.Length - 2 : word.Length;

    /// <summary>Lower case, with straight apostrophes.</summary>
    internal static int Lower(ReadOnlySpan<char> text, Span<char> form)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            form[i] = char.IsAscii(c) ? (char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c) : c == '’' ? '\'' : char.ToLowerInvariant(c);
        }
        return text.Length;
    }

    static bool IsStopInCapitals(ReadOnlySpan<char> lower) => lower is not ("us" or "it" or "who" or "am") && StopWords.Contains(lower);

    static int Without(ReadOnlySpan<char> text, char dropped, Span<char> form)
    {
        int length = 0;
        foreach (char c in text)
        {
            if (c != dropped)
            {
                form[length++] = char.ToLowerInvariant(c);
            }
        }
        return length;
    }
}
