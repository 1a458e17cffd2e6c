using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Training.Pretraining;

/// <summary>Documents as token ids, from which consecutive stretches are drawn.</summary>
public sealed class TokenCorpus
{
    readonly int[][] _documents;
    readonly int[] _ends;            // running totals of tokens, to draw documents by their length
    readonly bool[] _endsSentence;   // [V] whether a token ends in . ! or ?

    /// <summary>Tokenizes the documents once.</summary>
    /// <exception cref="InputException">There is no text at all.</exception>
    public TokenCorpus(IEnumerable<string> documents, Tokenizer tokenizer)
    {
        _documents = [.. documents.Select(d => tokenizer.Encode(d)).Where(d => d.Length > 0)];
        if (_documents.Length == 0)
        {
            throw new InputException("The documents hold no text; give at least one file with words in it.");
        }
        _ends = new int[_documents.Length];
        for (int i = 0; i < _ends.Length; i++)
        {
            _ends[i] = _documents[i].Length + (i == 0 ? 0 : _ends[i - 1]);
        }
        _endsSentence =
        [
            .. Enumerable
                .Range(0, tokenizer.VocabSize)
                .Select(t => tokenizer.TokenText(t).TrimEnd() is { Length: > 0 } s && s[^1] is '.' or '!' or '?'),
        ];
    }

    /// <summary>Number of tokens.</summary>
    public int Count => _ends[^1];

    /// <summary>Consecutive tokens of one document, each start equally likely; shorter where the document is.</summary>
    public int[] Draw(ref SeededRandom random, int count)
    {
        int place = random.Next(Count);
        int document = Array.FindIndex(_ends, end => place < end);
        int[] tokens = _documents[document];
        int start = random.Next(Math.Max(1, tokens.Length - count + 1));
        return tokens[start..Math.Min(tokens.Length, start + count)];
    }

    /// <summary>Returns the places of a stretch where a sentence can be put in: behind the end of another, or at the beginning.</summary>
    internal IReadOnlyList<int> SentenceEnds(ReadOnlySpan<int> tokens)
    {
        List<int> places = [0];
        for (int i = 0; i < tokens.Length; i++)
        {
            if (_endsSentence[tokens[i]])
            {
                places.Add(i + 1);
            }
        }
        return places;
    }
}
