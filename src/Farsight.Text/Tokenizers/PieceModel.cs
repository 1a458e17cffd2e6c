using System.Buffers;
using System.Runtime.InteropServices;

namespace Farsight.Text.Tokenizers;

/// <summary>Converts pieces of text to tokens.</summary>
abstract class PieceModel(BytePairMerges merges)
{
    /// <summary>Appends the tokens of one piece to <paramref name="ids"/>.</summary>
    internal virtual void Encode(ReadOnlySpan<char> piece, List<int> ids, PieceCache cache)
    {
        if (piece.Length > PieceCache.LongestPiece)
        {
            Merge(piece, ids);
        }
        else if (!cache.TryAppend(piece, ids, out uint slot))
        {
            int before = ids.Count;
            Merge(piece, ids);
            cache.Add(piece, CollectionsMarshal.AsSpan(ids)[before..], slot);
        }
    }

    /// <summary>The most tokens that a piece can begin with.</summary>
    protected abstract int MostTokens(ReadOnlySpan<char> piece);

    /// <summary>
    /// Writes the tokens that a piece begins with, before any merge; returns their number, and whether merges are to follow.
    /// </summary>
    protected abstract int Start(ReadOnlySpan<char> piece, Span<int> ids, out bool merge);

    void Merge(ReadOnlySpan<char> piece, List<int> ids)
    {
        int most = MostTokens(piece);
        int[]? rented = most > 256 ? ArrayPool<int>.Shared.Rent(most) : null;
        Span<int> tokens = rented ?? stackalloc int[256];
        int count = Start(piece, tokens, out bool merge);
        ids.AddRange(tokens[..(merge && count > 1 ? merges.Apply(tokens[..count]) : count)]);
        if (rented is not null)
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }
}
