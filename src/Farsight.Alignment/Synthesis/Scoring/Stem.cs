namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Removes endings of number, tense and word class from English words, so that forms of a word become equal.</summary>
/// <remarks>Lighter than Porter's stemmer: it removes one ending per word from the list below, then a final e or doubled consonant. The
/// rest
/// need not be a word.</remarks>
static class Stem
{
    const int LeastLetters = 4;

    // For each last letter: ending, what replaces it, letters that must remain; the first that fits counts.
    static readonly (string Ending, string Instead, int Remaining)[][] s_endings = Table(
        ("ization", "", 3),
        ("isation", "", 3),
        ("ational", "", 3),
        ("fulness", "", 3),
        ("iveness", "", 3),
        ("ations", "", 3),
        ("ation", "", 3),
        ("ments", "", 3),
        ("ment", "", 4),
        ("ingly", "", 3),
        ("ings", "", 3),
        ("ing", "", 3),
        ("edly", "", 3),
        ("ied", "y", 2),
        ("ies", "y", 2),
        ("ed", "", 3),
        ("ness", "", 3),
        ("ions", "", 3),
        ("ion", "", 3),
        ("ally", "", 3),
        ("ly", "", 3),
        ("sses", "ss", 2),
        ("ss", "ss", 2),
        ("us", "us", 1),
        ("is", "is", 1),
        ("es", "", 3),
        ("s", "", 3));

    /// <summary>Shortens a word in place.</summary>
    /// <param name="word">Lower case, letters only.</param>
    /// <returns>Number of remaining characters.</returns>
    internal static int Shorten(Span<char> word)
    {
        int length = word.Length;
        if (length < LeastLetters)
        {
            return length;
        }
        foreach ((string ending, string instead, int remaining) in Endings(word[^1]))
        {
            if (length - ending.Length >= remaining && word.EndsWith(ending, StringComparison.Ordinal))
            {
                length -= ending.Length;
                instead.CopyTo(word[length..]);
                length += instead.Length;
                break;
            }
        }
        if (length >= LeastLetters && word[length - 1] == 'e')
        {
            length--;
        }
        bool isDoubled = length > LeastLetters && word[length - 1] == word[length - 2] && word[length - 1] is not ('l' or 's');
        return isDoubled ? length - 1 : length;
    }

    static (string, string, int)[] Endings(char last) => char.IsAsciiLetterLower(last) ? s_endings[last - 'a'] : [];

    static (string, string, int)[][] Table(params (string Ending, string Instead, int Remaining)[] endings) =>
        [.. Enumerable.Range('a', 26).Select(c => endings.Where(e => e.Ending[^1] == c).ToArray())];
}
