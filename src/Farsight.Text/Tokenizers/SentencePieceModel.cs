using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Converts pieces to tokens, starting from characters; unknown characters become bytes or the unknown token.</summary>
sealed class SentencePieceModel : MergingModel
{
    /// <summary>How these vocabularies spell the space: U+2581.</summary>
    internal const char Space = '\u2581';

    readonly Dictionary<int, int> _idOfCharacter = [];
    readonly int[]? _idOfByte;
    readonly int? _unknown;
    readonly bool _fusesUnknown, _splitsAtSpace;
    readonly WholePieces? _whole;

    internal SentencePieceModel(TokenizerDefinition definition, BytePairMerges merges, WholePieces? whole)
        : base(merges)
    {
        (_idOfByte, _unknown, _fusesUnknown, _whole) = (definition.IdOfByte, definition.Unknown, definition.FusesUnknown, whole);
        foreach ((string token, int id) in definition.Vocabulary)
        {
            if (
                Rune.DecodeFromUtf16(token, out Rune rune, out int length) == System.Buffers.OperationStatus.Done
                && length == token.Length
                && !definition.Special.Contains(id))
            {
                _idOfCharacter.Add(rune.Value, id);
            }
        }
        _splitsAtSpace =
            whole is null && _idOfCharacter.ContainsKey(Space) && !definition.Merges.Any(m => CrossesSpace(definition.Tokens[m.Merged]!));
    }

    /// <inheritdoc/>
    /// <remarks>Where no merge makes a token that has a space after another character, none crosses that place, and each word can be
    /// encoded by itself.</remarks>
    internal override void Encode(ReadOnlySpan<char> piece, List<int> ids, PieceCache cache)
    {
        while (_splitsAtSpace && EndOfWord(piece) is var end && end < piece.Length)
        {
            base.Encode(piece[..end], ids, cache);
            piece = piece[end..];
        }
        base.Encode(piece, ids, cache);
    }

    protected override int MostTokens(ReadOnlySpan<char> piece) => 3 * piece.Length;

    protected override int Start(ReadOnlySpan<char> piece, Span<int> ids, out bool merge)
    {
        merge = _whole is null || !_whole.TryFind(piece, out ids[0]);
        if (!merge)
        {
            return 1;
        }
        int count = 0;
        bool unknown = false; // one is waiting, and takes the next in where they are fused
        foreach (Rune rune in piece.EnumerateRunes())
        {
            if (_idOfCharacter.TryGetValue(rune.Value, out int id))
            {
                AddUnknown(ids, ref count, ref unknown);
                ids[count++] = id;
            }
            else if (!TryAddBytes(rune, ids, ref count) && _unknown is not null)
            {
                if (unknown && !_fusesUnknown)
                {
                    ids[count++] = _unknown.Value;
                }
                unknown = true;
            }
        }
        AddUnknown(ids, ref count, ref unknown);
        return count;
    }

    void AddUnknown(Span<int> ids, ref int count, ref bool unknown)
    {
        if (unknown)
        {
            ids[count++] = _unknown!.Value;
            unknown = false;
        }
    }

    bool TryAddBytes(Rune rune, Span<int> ids, ref int count)
    {
        if (_idOfByte is null)
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[4];
        int length = rune.EncodeToUtf8(bytes);
        for (int i = 0; i < length; i++)
        {
            ids[count++] = _idOfByte[bytes[i]];
        }
        return true;
    }

    /// <summary>Returns the end of the first word: spaces, and what follows up to the next space.</summary>
    internal static int EndOfWord(ReadOnlySpan<char> text)
    {
        int letters = text.IndexOfAnyExcept(Space);
        int end = letters < 0 ? -1 : text[letters..].IndexOf(Space);
        return end < 0 ? text.Length : letters + end;
    }

    /// <summary>Returns whether a token has a space after another character.</summary>
    internal static bool CrossesSpace(string token)
    {
        int letters = token.AsSpan().IndexOfAnyExcept(Space);
        return letters >= 0 && token.IndexOf(Space, letters) >= 0;
    }
}
