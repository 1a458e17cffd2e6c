using System.Buffers;
using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Converts pieces to the tokens of the highest total score.</summary>
/// <remarks>
/// Source: arXiv:1804.10959, section 3.2: the most probable segmentation under a unigram language model, found by dynamic programming from
/// left to right. A character that is no token by itself may also be unknown, with the lowest score of the vocabulary less 10; it then
/// becomes bytes or the unknown token. Unknown characters in a row are one unknown token if the tokenizer fuses them.
/// </remarks>
sealed class UnigramModel : PieceModel
{
    const double UnknownPenalty = 10;

    readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    readonly TokenizerDefinition _definition;
    readonly double _unknownScore;
    readonly int _longest;
    readonly bool _splitsAtSpace;

    internal UnigramModel(TokenizerDefinition definition)
    {
        _definition = definition;
        foreach ((string token, int id) in definition.Vocabulary)
        {
            bool isByte = definition.IdOfByte is not null && TokenBytes.ReadByte(token) is not null;
            if (token.Length > 0 && id != definition.Unknown && !isByte && !definition.Special.Contains(id))
            {
                _ids.Add(token, id);
                _longest = Math.Max(_longest, token.Length);
            }
        }
        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _unknownScore = definition.Scores.DefaultIfEmpty().Min() - UnknownPenalty;
        _splitsAtSpace = _ids.ContainsKey(SentencePieceModel.Space.ToString()) && !_ids.Keys.Any(SentencePieceModel.CrossesSpace);
    }

    /// <inheritdoc/>
    internal override void Encode(ReadOnlySpan<char> piece, List<int> ids, PieceCache cache)
    {
        while (_splitsAtSpace && SentencePieceModel.EndOfWord(piece) is var end && end < piece.Length)
        {
            base.Encode(piece[..end], ids, cache);
            piece = piece[end..];
        }
        base.Encode(piece, ids, cache);
    }

    protected override void Convert(ReadOnlySpan<char> piece, List<int> ids)
    {
        Step[] rented = ArrayPool<Step>.Shared.Rent(piece.Length + 1);
        Span<Step> steps = rented.AsSpan(0, piece.Length + 1); // the best way to each place
        steps.Fill(new(double.NegativeInfinity, 0, 0));
        steps[0] = default;
        for (int start = 0; start < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[start..], out _, out int length);
            Continue(piece, start, length, steps);
            start += length;
        }
        Append(piece, steps, ids);
        ArrayPool<Step>.Shared.Return(rented);
    }

    void Continue(ReadOnlySpan<char> piece, int start, int characterLength, Span<Step> steps)
    {
        double score = steps[start].Score;
        bool hasCharacter = false;
        for (int length = characterLength; length <= Math.Min(_longest, piece.Length - start); length++)
        {
            if (_lookup.TryGetValue(piece.Slice(start, length), out int id))
            {
                Offer(ref steps[start + length], new(score + _definition.Scores[id], start, id));
                hasCharacter |= length == characterLength;
            }
        }
        if (!hasCharacter)
        {
            Offer(ref steps[start + characterLength], new(score + _unknownScore, start, TokenizerDefinition.NoToken));
        }
    }

    static void Offer(ref Step best, Step step) => best = step.Score > best.Score ? step : best;

    void Append(ReadOnlySpan<char> piece, ReadOnlySpan<Step> steps, List<int> ids)
    {
        int first = ids.Count;
        // From the end to the start, and turned round at last.
        bool isUnknown = false;
        for (int end = piece.Length; end > 0; end = steps[end].Start)
        {
            Step step = steps[end];
            if (step.Id != TokenizerDefinition.NoToken)
            {
                ids.Add(step.Id);
                isUnknown = false;
            }
            else if (_definition.IdOfByte is { } idOfByte)
            {
                AppendBytes(piece[step.Start..end], idOfByte, ids);
            }
            else if (_definition.Unknown is { } unknown && !(isUnknown && _definition.FusesUnknown))
            {
                ids.Add(unknown);
                isUnknown = true;
            }
        }
        ids.Reverse(first, ids.Count - first);
    }

    static void AppendBytes(ReadOnlySpan<char> character, int[] idOfByte, List<int> ids)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..Encoding.UTF8.GetBytes(character, bytes)];
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            ids.Add(idOfByte[bytes[i]]);
        }
    }

    /// <param name="Score">Sum of the scores up to here.</param>
    /// <param name="Start">Where the last token begins.</param>
    /// <param name="Id">The last token.</param>
    readonly record struct Step(double Score, int Start, int Id);
}
