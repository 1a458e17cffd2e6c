using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Converts pieces to tokens, starting from their UTF-8 bytes.</summary>
sealed class ByteLevelModel(BytePairMerges merges, int[] idOfByte, WholePieces? whole) : PieceModel(merges)
{
    protected override int MostTokens(ReadOnlySpan<char> piece) => 3 * piece.Length;

    protected override int Start(ReadOnlySpan<char> piece, Span<int> ids, out bool merge)
    {
        Span<byte> bytes = ids.Length <= 1024 ? stackalloc byte[ids.Length] : new byte[ids.Length];
        bytes = bytes[..Encoding.UTF8.GetBytes(piece, bytes)];
        merge = whole is null || !whole.TryFind(bytes, out ids[0]);
        for (int i = 0; merge && i < bytes.Length; i++)
        {
            ids[i] = idOfByte[bytes[i]];
        }
        return merge ? bytes.Length : 1;
    }
}
