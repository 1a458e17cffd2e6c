using Farsight.Engine;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Benchmarks.NoLiMa;

/// <summary>Cuts a window out of a book and puts a needle behind one of its lines.</summary>
/// <remarks>
/// Source: adobe-research/NoLiMa @7532e4e, data/book_haystack.py. The window moves with the depth: the needle stands at the first line end
/// whose position is at least depth · (length + 1), and the window begins depth · length tokens before it. The needle's tokens come on top.
/// </remarks>
/// <param name="book">The book.</param>
/// <param name="tokens">The model's tokenizer.</param>
sealed class NoLiMaHaystack(string book, ITextTokens tokens)
{
    readonly int[] _ids = tokens.Encode(book);

    IReadOnlyList<int>? _places;

    /// <summary>Returns the window with the needle.</summary>
    /// <param name="needle">The needle.</param>
    /// <param name="length">Tokens of the window.</param>
    /// <param name="depth">Depth of the needle, 0 to 1.</param>
    /// <exception cref="InputException">The book is too short.</exception>
    internal string With(string needle, int length, double depth)
    {
        _places ??= [0, .. Enumerable.Range(0, _ids.Length).Where(i => tokens.Decode([_ids[i]]).Contains('\n'))];
        int place = _places.FirstOrDefault(p => ((double)p / (length + 1)) - depth >= 0, -1);
        int start = place - DepthInTokens(length, depth), end = start + length;
        if (place < 0 || start < 0 || end > _ids.Length)
        {
            throw new InputException(
                $"A book of NoLiMa has {_ids.Length} tokens, too few for a window of {length}; evaluate a shorter length.");
        }
        string before = tokens.Decode(_ids.AsSpan(start, place + 1 - start));
        return $"{before[..Math.Max(before.LastIndexOf('\n'), 0)]} "
            + $"{needle}\n{tokens.Decode(_ids.AsSpan(place + 1, Math.Max(0, end - place - 1)))}";
    }

    /// <summary>Returns the depth in tokens, rounded as NumPy rounds.</summary>
    internal static int DepthInTokens(int length, double depth) => (int)Math.Round(length * depth, MidpointRounding.ToEven);
}
