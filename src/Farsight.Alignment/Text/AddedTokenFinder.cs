using System.Buffers;

namespace Farsight.Alignment.Text;

/// <summary>Finds added tokens in text: the leftmost, and of those the longest.</summary>
sealed class AddedTokenFinder
{
    readonly AddedToken[] _longestFirst;
    readonly SearchValues<string> _contents;

    internal AddedTokenFinder(IEnumerable<AddedToken> tokens)
    {
        _longestFirst = [.. tokens.OrderByDescending(t => t.Content.Length).ThenBy(t => t.Id)];
        _contents = SearchValues.Create([.. _longestFirst.Select(t => t.Content)], StringComparison.Ordinal);
    }

    /// <summary>The first added token of the text and where it begins, or null.</summary>
    internal AddedToken? Find(ReadOnlySpan<char> text, out int at)
    {
        at = _longestFirst.Length > 0 ? text.IndexOfAny(_contents) : -1;
        if (at >= 0)
        {
            foreach (AddedToken token in _longestFirst)
            {
                if (text[at..].StartsWith(token.Content, StringComparison.Ordinal))
                {
                    return token;
                }
            }
        }
        return null;
    }
}
