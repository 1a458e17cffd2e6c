using System.Buffers;
using System.Globalization;
using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Finds added tokens in text as Hugging Face's library does: the leftmost, and of those the longest.</summary>
/// <remarks>
/// single_word discards a match next to a letter, digit or underscore. With lstrip and rstrip a token takes the white space before
/// and after it, except white space that the previous token has taken. Foreign text, such as a user's message, is never part of a
/// token's spelling, but its white space is taken like any other.
/// </remarks>
sealed class AddedTokenFinder
{
    readonly (string Content, AddedToken Token)[] _longestFirst;
    readonly SearchValues<string> _contents;

    /// <param name="tokens">The tokens, each with the text that it is found by.</param>
    internal AddedTokenFinder(IEnumerable<(string Content, AddedToken Token)> tokens)
    {
        _longestFirst = [.. tokens.Where(t => t.Content.Length > 0).OrderByDescending(t => t.Content.Length).ThenBy(t => t.Token.Id)];
        _contents = SearchValues.Create([.. _longestFirst.Select(t => t.Content)], StringComparison.Ordinal);
    }

    /// <summary>Whether there are no tokens to find.</summary>
    internal bool IsEmpty => _longestFirst.Length == 0;

    /// <summary>Returns the first added token in the rest of the text, or null.</summary>
    /// <param name="text">The text.</param>
    /// <param name="foreign">Ranges of foreign text, in order.</param>
    /// <param name="from">Where to look; moved behind the token.</param>
    /// <param name="taken">Up to where the text is taken by the token before.</param>
    /// <param name="span">The token, with the white space that it takes.</param>
    internal AddedToken? Next(ReadOnlySpan<char> text, IReadOnlyList<Range> foreign, ref int from, int taken, out Range span)
    {
        while (!IsEmpty && from < text.Length && text[from..].IndexOfAny(_contents) is >= 0 and var found)
        {
            int start = from + found;
            if (Longest(text, start, foreign) is not { } match)
            {
                from = start + 1;
                continue;
            }
            (string content, AddedToken token) = match;
            int end = from = start + content.Length;
            if (!token.SingleWord || !(EndsWithWord(text[..start]) || StartsWithWord(text[end..])))
            {
                start = token.LeftStrip ? Math.Max(taken, text[..start].TrimEnd().Length) : start;
                end = token.RightStrip ? text.Length - text[end..].TrimStart().Length : end;
                span = start..end;
                return token;
            }
        }
        span = default;
        return null;
    }

    (string Content, AddedToken Token)? Longest(ReadOnlySpan<char> text, int start, IReadOnlyList<Range> foreign)
    {
        foreach ((string Content, AddedToken Token) candidate in _longestFirst)
        {
            if (text[start..].StartsWith(candidate.Content, StringComparison.Ordinal)
                && !Touches(start, start + candidate.Content.Length, foreign, text.Length))
            {
                return candidate;
            }
        }
        return null;
    }

    static bool Touches(int start, int end, IReadOnlyList<Range> foreign, int length)
    {
        // The first range that does not end before the token.
        int low = 0, high = foreign.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = foreign[middle].End.GetOffset(length) <= start ? (middle + 1, high) : (low, middle);
        }
        return low < foreign.Count && foreign[low].Start.GetOffset(length) < end;
    }

    static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune last, out _) == OperationStatus.Done && IsOfWord(last);

    static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune first, out _) == OperationStatus.Done && IsOfWord(first);

    /// <summary>Letters, marks, digits, connecting punctuation and joiners: Unicode Technical Standard 18, Annex C.</summary>
    static bool IsOfWord(Rune rune) =>
        rune.Value is 0x200C or 0x200D
        || Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
}
