using Farsight.Engine;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.PythonCompat;

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
    const int ShortWindow = 500;
    const double FreeZone = 0.2;

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

    /// <summary>Returns the window with the needle and, at a drawn distance from it, a distractor.</summary>
    /// <remarks>
    /// The distractor's depth is drawn outside 20 % around the needle and at the ends, or fixed below 500 tokens. Its place is that where
    /// it would stand as a needle: the characters before it are sought in the window of the needle.
    /// </remarks>
    /// <param name="needle">The needle.</param>
    /// <param name="length">Tokens of the window.</param>
    /// <param name="depth">Depth of the needle, 0 to 1.</param>
    /// <param name="distractor">The distractor.</param>
    /// <param name="random">Advanced by one number.</param>
    /// <exception cref="InputException">The book is too short, or the place of the distractor is not unique in the window.</exception>
    internal string With(string needle, int length, double depth, string distractor, NumpyRandom random)
    {
        double at = DistractorDepth(length, depth, random.NextDouble());
        string apart = With(distractor, length, at);
        bool isShort = length < ShortWindow;
        int place = apart.IndexOf(distractor, StringComparison.Ordinal);
        int first = Math.Max(place - (isShort ? 25 : 50), 0);
        string before = apart[first..Math.Max(place - 1, first)], window = With(needle, length, depth);
        int found = window.IndexOf(before, StringComparison.Ordinal);
        if (before.Length == 0 || found < 0 || window.IndexOf(before, found + before.Length, StringComparison.Ordinal) >= 0)
        {
            throw new InputException(
                $"The distractor of NoLiMa has no unique place in a window of {length} tokens; evaluate another length.");
        }
        int target = Math.Min(found + (isShort ? 23 : 49), window.Length);
        return $"{window[..target]} {distractor}\n{window[target..]}";
    }

    /// <summary>Returns the depth of a distractor.</summary>
    /// <param name="length">Tokens of the window.</param>
    /// <param name="depth">Depth of the needle.</param>
    /// <param name="drawn">A random number, 0 to 1.</param>
    internal static double DistractorDepth(int length, double depth, double drawn)
    {
        if (length < ShortWindow)
        {
            return depth < 0.6 ? 0.7 : depth > 0.75 ? 0.6 : 0.5;
        }
        double left = Math.Max(0, depth - (2 * FreeZone)), right = Math.Max(0, 1 - (depth + (2 * FreeZone)));
        double at = (left + right) * drawn;
        return at > left ? depth + FreeZone + (at - left) : at + FreeZone;
    }

    /// <summary>Returns the depth in tokens, rounded as NumPy rounds.</summary>
    internal static int DepthInTokens(int length, double depth) => (int)Math.Round(length * depth, MidpointRounding.ToEven);
}
