namespace Farsight.Text.Tokenizers;

/// <summary>Tokens by their spelling, for vocabularies in which a piece that is a token is taken as it is ("ignore_merges").</summary>
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
