using Farsight.Text.Templates;
using Farsight.Text.Tokenizers;

namespace Farsight.Text.Conversations;

/// <summary>Encodes the parts of a prompt so that their concatenation equals the whole: no part gets a leading space of its own.</summary>
/// <remarks>
/// SentencePiece-style tokenizers put a space before a text. A part that is not the first is therefore encoded behind a character that
/// merges with nothing, and that character's tokens are taken off again. A part still never merges with its neighbor.
/// </remarks>
sealed class SeamlessEncoder
{
    const string Guard = "\u0001";

    readonly Tokenizer _tokenizer;
    readonly string[] _ordinary;
    readonly int[] _guard;

    internal SeamlessEncoder(Tokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _ordinary = [.. tokenizer.AddedTokens.Where(t => !t.Special && !string.IsNullOrWhiteSpace(t.Content)).Select(t => t.Content)];
        bool addsSpace = !tokenizer
            .Encode("a")
            .AsSpan()
            .SequenceEqual(tokenizer.Encode(Guard + "a").AsSpan(tokenizer.Encode(Guard).Length));
        _guard = addsSpace ? tokenizer.Encode(Guard) : [];
    }

    /// <summary>Encodes the beginning of a text. Marked characters never become control tokens.</summary>
    internal int[] Start(MarkedText text) => _tokenizer.EncodeWithSpecialTokens(text.Value, [.. text.Marked.Select(Range)]);

    /// <summary>Encodes a later part of a text.</summary>
    /// <param name="text">The part.</param>
    /// <param name="isAnswer">A model wrote its marked characters: added tokens that are no control tokens, such as
    /// those around a thought, are recognized.</param>
    internal int[] Continue(MarkedText text, bool isAnswer = false)
    {
        if (text.Length == 0)
        {
            return [];
        }
        MarkedText guarded = _guard.Length == 0 ? text : new MarkedText.Builder().Append(MarkedText.Own(Guard)).Append(text).Build();
        int[] tokens = _tokenizer.EncodeWithSpecialTokens(
            guarded.Value,
            [.. isAnswer ? guarded.Marked.SelectMany(m => WithoutOrdinary(guarded.Value, m)) : guarded.Marked.Select(Range)]);
        return tokens.AsSpan().StartsWith(_guard)
            ? tokens[_guard.Length..]
            : _tokenizer.EncodeWithSpecialTokens(text.Value, [.. text.Marked.Select(Range)]);
    }

    /// <summary>Returns a marked stretch without the added tokens in it that are no control tokens.</summary>
    IEnumerable<Range> WithoutOrdinary(string text, MarkedRange marked)
    {
        int start = marked.Start, end = marked.Start + marked.Length;
        while (true)
        {
            int at = end, length = 0;
            foreach (string word in _ordinary)
            {
                int found = text.IndexOf(word, start, end - start, StringComparison.Ordinal);
                if (found >= 0 && (found < at || (found == at && word.Length > length)))
                {
                    (at, length) = (found, word.Length);
                }
            }
            if (start < at)
            {
                yield return start..at;
            }
            if (at == end)
            {
                yield break;
            }
            start = at + length;
        }
    }

    static Range Range(MarkedRange marked) => marked.Start..(marked.Start + marked.Length);
}
