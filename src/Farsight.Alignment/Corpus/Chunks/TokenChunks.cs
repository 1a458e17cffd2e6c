using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Corpus.Chunks;

/// <summary>Cuts the tokens of a text into chunks, at the places of <see cref="SentenceChunks"/>.</summary>
/// <remarks>
/// The chunks together are the tokens, without white space at the end. White space between two chunks is the beginning of the second, so
/// that chunks stay separate wherever they are joined. Only a token that holds the end of a sentence and white space, such as ".\n\n", is
/// divided for that; no other text is encoded again.
/// </remarks>
public static class TokenChunks
{
    /// <summary>Cuts the tokens.</summary>
    /// <param name="tokens">Tokens of a text.</param>
    /// <param name="tokenizer">Tokenizer of the tokens.</param>
    /// <param name="most">Maximum tokens per chunk, at least 1. Only a single character may have more.</param>
    /// <param name="least">Tokens from which a chunk ends at a paragraph if one fits, instead of at a sentence; no sentence end is used
    /// before it. Default: 0, ends at sentences.</param>
    public static IEnumerable<int[]> Cut(int[] tokens, Tokenizer tokenizer, int most, int least = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        return Pieces(new(tokens, tokenizer), tokenizer, tokens, most, least);
    }

    /// <summary>Cuts a text into chunks that have a maximum number of tokens each by themselves.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokenizer">Measures the chunks.</param>
    /// <param name="most">Maximum tokens per chunk, at least 1. Only a single character may have more.</param>
    public static IEnumerable<string> Cut(string text, Tokenizer tokenizer, int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        return Texts(new(tokenizer.Encode(text), tokenizer), tokenizer, most);
    }

    static IEnumerable<int[]> Pieces(TokenText text, Tokenizer tokenizer, int[] tokens, int most, int least)
    {
        int[] space = []; // before the next chunk, from a divided token
        for (int start = 0; start < text.Count;)
        {
            int end, limit = Math.Max(1, most - space.Length);
            int[] last, after;
            do
            {
                end = text.EndOf(start, limit, least);
                (last, after) = Divided(text, tokenizer, tokens, end);
            }
            while (space.Length + end - 1 - start + last.Length > most && --limit > 0);
            if (!text.IsBlank(start, end))
            {
                yield return [.. space, .. tokens[start..(end - 1)], .. last];
            }
            (start, space) = (end, after);
        }
    }

    /// <summary>Divides the last token of a chunk before the white space at its end.</summary>
    static (int[] Last, int[] Space) Divided(TokenText text, Tokenizer tokenizer, int[] tokens, int end)
    {
        string whole = text.TextOf(end - 1), bare = whole.TrimEnd();
        return bare.Length == 0 || bare.Length == whole.Length ? ([tokens[end - 1]], [])
            : (tokenizer.EncodeInside(bare), tokenizer.EncodeInside(whole.AsSpan(bare.Length)));
    }

    static IEnumerable<string> Texts(TokenText text, Tokenizer tokenizer, int most)
    {
        for (int start = 0; start < text.Count;)
        {
            // Without its white space, the first word may have more tokens than within the text.
            int limit = most, end = text.EndOf(start, limit, least: 0);
            while (limit > 1 && tokenizer.Count(text.Of(start, end)) > most)
            {
                end = text.EndOf(start, --limit, least: 0);
            }
            if (!text.IsBlank(start, end))
            {
                yield return text.Of(start, end);
            }
            start = end;
        }
    }
}
