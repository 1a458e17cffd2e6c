using System.Text;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Corpus.Chunks;

/// <summary>Represents a text with the places of its tokens.</summary>
sealed class TokenText
{
    readonly string _text;
    readonly int[] _ends; // [tokens] UTF-16 units of the text up to the end of each token
    readonly bool[] _isInside; // [tokens] whether the token ends inside a character
    readonly ChunkBoundaries _boundaries;
    List<int>? _paragraphs;

    internal TokenText(ReadOnlySpan<int> tokens, Tokenizer tokenizer)
    {
        StringBuilder text = new();
        Decoder decoder = Encoding.UTF8.GetDecoder();
        (_ends, _isInside) = (new int[tokens.Length], new bool[tokens.Length]);
        char[] characters = new char[256];
        for (int i = 0; i < tokens.Length; i++)
        {
            ReadOnlySpan<byte> bytes = tokenizer.BytesOf(tokens[i]);
            if (characters.Length < bytes.Length + 4)
            {
                characters = new char[bytes.Length * 2];
            }
            text.Append(characters, 0, decoder.GetChars(bytes, characters, flush: false));
            _ends[i] = text.Length;
            _isInside[i] = i + 1 < tokens.Length && tokenizer.BytesOf(tokens[i + 1]) is [>= 0x80 and < 0xC0, ..];
        }
        _text = text.ToString();
        _boundaries = ChunkBoundaries.Find(_text);
        int end = _text.AsSpan().TrimEnd().Length;
        Count = _text.Length == 0 ? 0 : Math.Min(tokens.Length, FirstAt(end) + 1);
    }

    /// <summary>Gets the number of tokens without white space at the end.</summary>
    internal int Count { get; }

    /// <summary>Returns the indices of the tokens that end where a sentence does, ascending; that of the last sentence only if it is
    /// complete.</summary>
    internal int[] SentenceEnds()
    {
        IEnumerable<int> places = _boundaries.Sentences;
        int end = _text.AsSpan().TrimEnd().Length;
        if (end > 0 && ChunkBoundaries.EndsSentence(_text, end))
        {
            places = places.Append(end);
        }
        return [.. places.Select(p => (Place: p, Token: TokenBehind(p, _ends.Length)))
            .Where(e => e.Token > 0 && _ends[e.Token - 1] == e.Place).Select(e => e.Token).Distinct()];
    }

    /// <summary>Returns the indices of the tokens behind which a word ends, ascending.</summary>
    internal int[] WordEnds() =>
    [
        .. Enumerable.Range(1, Count)
            .Where(t => !_isInside[t - 1] && (_ends[t - 1] == _text.Length || char.IsWhiteSpace(_text[_ends[t - 1]]))),
    ];

    /// <summary>Returns the index of the token behind a chunk.</summary>
    /// <param name="start">Index of the first token of the chunk.</param>
    /// <param name="most">Maximum tokens.</param>
    /// <param name="least">Tokens from which a paragraph end comes before a sentence end; 0 for none.</param>
    internal int EndOf(int start, int most, int least)
    {
        if (Count - start <= most)
        {
            return Count;
        }
        int last = start + most, first = start == 0 ? 0 : _ends[start - 1], limit = _ends[last - 1];
        if (least > 0)
        {
            _paragraphs ??= _boundaries.Paragraphs(_text);
            int paragraph = TokenBehind(ChunkBoundaries.LastOf(_paragraphs, first, limit), last);
            if (paragraph >= start + least)
            {
                return paragraph;
            }
        }
        bool hasSentences = true;
        while (limit > first && limit < _text.Length)
        {
            int cut = hasSentences ? SentenceChunks.End(_text, _boundaries, first, limit) : SentenceChunks.LastWord(_text, first, limit);
            if (cut > limit || cut <= first)
            {
                break;
            }
            int token = TokenBehind(cut, last);
            if (token > start && (token >= start + least || !hasSentences))
            {
                return token;
            }
            // A token may contain the place, or the sentence is too short.
            (limit, hasSentences) = token > start ? (_ends[last - 1], false) : (cut - 1, hasSentences);
        }
        return CharacterEnd(start, last);
    }

    /// <summary>Returns the text of a token.</summary>
    internal string TextOf(int token) => _text[Range(token, token + 1)];

    /// <summary>Returns whether tokens have no text.</summary>
    internal bool IsBlank(int start, int end) => _text.AsSpan(Range(start, end)).IsWhiteSpace();

    /// <summary>Returns the text of tokens without white space around it, except for the indentation of its first line.</summary>
    internal string Of(int start, int end)
    {
        (int from, int length) = Range(start, end).GetOffsetAndLength(_text.Length);
        return _text[SentenceChunks.SkipSpace(_text, from, from + length)..(from + length)].TrimEnd();
    }

    Range Range(int start, int end) => (start == 0 ? 0 : _ends[start - 1]).._ends[end - 1];

    /// <summary>Returns the index of the token behind a place and the white space after it; 0 if a token contains the place, or if it is
    /// beyond the last token.</summary>
    int TokenBehind(int place, int last)
    {
        int token = place <= 0 ? last : FirstAt(place) + 1;
        return place > 0 && token <= last && !_isInside[token - 1] && _text.AsSpan(place.._ends[token - 1]).IsWhiteSpace() ? token : 0;
    }

    /// <summary>Returns the index of the first token that ends at a place or behind it.</summary>
    int FirstAt(int place)
    {
        int at = Array.BinarySearch(_ends, place);
        at = at >= 0 ? at : ~at;
        while (at > 0 && _ends[at - 1] == place)
        {
            at--; // tokens without characters, or parts of a character
        }
        return at;
    }

    /// <summary>Returns the last token that ends a character, or the first behind the limit.</summary>
    int CharacterEnd(int start, int last)
    {
        int token = last;
        while (token > start && _isInside[token - 1])
        {
            token--;
        }
        if (token > start)
        {
            return token;
        }
        for (token = last; token < Count && _isInside[token - 1]; token++)
        {
        }
        return token;
    }
}
