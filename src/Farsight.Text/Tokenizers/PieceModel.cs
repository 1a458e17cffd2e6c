using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Converts pieces of text to tokens.</summary>
abstract class PieceModel
{
    /// <summary>Appends the tokens of one piece to <paramref name="ids"/>.</summary>
    internal virtual void Encode(ReadOnlySpan<char> piece, List<int> ids, PieceCache cache)
    {
        if (piece.Length > PieceCache.LongestPiece)
        {
            Convert(piece, ids);
        }
        else if (!cache.TryAppend(piece, ids, out uint slot))
        {
            int before = ids.Count;
            Convert(piece, ids);
            cache.Add(piece, CollectionsMarshal.AsSpan(ids)[before..], slot);
        }
    }

    /// <summary>Appends the tokens of one piece, which is not cached.</summary>
    protected abstract void Convert(ReadOnlySpan<char> piece, List<int> ids);
}

/// <summary>Converts pieces to tokens by merging the smallest units.</summary>
abstract class MergingModel(BytePairMerges merges) : PieceModel
{
    /// <summary>Returns the most tokens that a piece can begin with.</summary>
    protected abstract int MostTokens(ReadOnlySpan<char> piece);

    /// <summary>
    /// Writes the tokens that a piece begins with, before any merge; returns their number, and whether merges are to follow.
    /// </summary>
    protected abstract int Start(ReadOnlySpan<char> piece, Span<int> ids, out bool merge);

    protected override void Convert(ReadOnlySpan<char> piece, List<int> ids)
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

/// <summary>Maps spellings to tokens, for vocabularies that use a piece that is a token without merging ("ignore_merges").</summary>
sealed class WholePieces(Dictionary<string, int> vocabulary, IReadOnlySet<int> special)
{
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Finds a piece of bytes; a control token is never found.</summary>
    internal bool TryFind(ReadOnlySpan<byte> bytes, out int id)
    {
        id = 0;
        if (bytes.Length > 512) // no vocabulary has such tokens, and the room on the stack is small
        {
            return false;
        }
        Span<char> spelled = stackalloc char[bytes.Length];
        ByteAlphabet.Spell(bytes, spelled);
        return TryFind(spelled, out id);
    }

    /// <summary>Finds a piece of characters; a control token is never found.</summary>
    internal bool TryFind(ReadOnlySpan<char> piece, out int id) => _ids.TryGetValue(piece, out id) && !special.Contains(id);
}

/// <summary>Converts pieces to tokens, starting from their UTF-8 bytes.</summary>
sealed class ByteLevelModel(TokenizerDefinition definition, BytePairMerges merges, WholePieces? whole) : MergingModel(merges)
{
    readonly int[] _idOfByte = definition.IdOfByte!;

    protected override int MostTokens(ReadOnlySpan<char> piece) => 3 * piece.Length;

    protected override int Start(ReadOnlySpan<char> piece, Span<int> ids, out bool merge)
    {
        Span<byte> bytes = ids.Length <= 1024 ? stackalloc byte[ids.Length] : new byte[ids.Length];
        bytes = bytes[..Encoding.UTF8.GetBytes(piece, bytes)];
        merge = whole is null || !whole.TryFind(bytes, out ids[0]);
        if (!merge)
        {
            return 1;
        }
        int count = 0;
        bool unknown = false;
        foreach (byte b in bytes)
        {
            int id = _idOfByte[b];
            if (id != TokenizerDefinition.NoToken)
            {
                ids[count++] = id;
            }
            else if (definition.Unknown is { } token && !(unknown && definition.FusesUnknown))
            {
                ids[count++] = token;
            }
            unknown = id == TokenizerDefinition.NoToken;
        }
        return count;
    }
}
