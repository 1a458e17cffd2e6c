using System.Runtime.InteropServices;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>
/// Chunks as sequences of numbered terms; a term is a word that is not among the <see cref="StopWords"/>, in the form of
/// <see cref="TermText"/>.
/// </summary>
sealed class TermIndex
{
    /// <summary>Stands in a sequence where a sentence ends.</summary>
    internal const int SentenceEnd = -1;

    readonly Dictionary<ulong, int> _ids = [];
    readonly List<int> _chunksWith = []; // by term
    readonly List<int> _lastChunk = []; // by term
    double _total;

    internal TermIndex(IReadOnlyList<string> chunks)
    {
        Sequences = new int[chunks.Count][];
        Lengths = new int[chunks.Count];
        for (int i = 0; i < chunks.Count; i++)
        {
            Sequences[i] = Read(chunks[i], i, out Lengths[i]);
            _total += Lengths[i];
        }
    }

    /// <summary>[N] terms of each chunk in order, and <see cref="SentenceEnd"/> between sentences.</summary>
    internal int[][] Sequences { get; }

    /// <summary>[N] how many terms each chunk has.</summary>
    internal int[] Lengths { get; }

    /// <summary>Terms of a chunk in the mean, at least 1.</summary>
    internal double MeanLength => Math.Max(1, _total / Math.Max(1, Lengths.Length));

    /// <summary>Different terms.</summary>
    internal int Count => _chunksWith.Count;

    /// <summary>The terms of a text in order; -1 for one that no chunk has.</summary>
    internal int[] Terms(string text)
    {
        List<int> terms = [];
        Span<char> form = stackalloc char[TermText.Most];
        foreach (TextWord word in TextWords.Of(text))
        {
            if (TermText.Write(text, word, form) is > 0 and int length)
            {
                terms.Add(_ids.GetValueOrDefault(TermHash.Of(form[..length]), -1));
            }
        }
        return [.. terms];
    }

    /// <summary>
    /// How much a term says that is in <paramref name="with"/> of the chunks, in nats (Robertson's weight, never negative).
    /// </summary>
    internal double Weight(int with) => Math.Log(1 + ((Lengths.Length - with + 0.5) / (with + 0.5)));

    /// <summary>The same for a numbered term; -1 is in none.</summary>
    internal double WeightOf(int term) => Weight(term < 0 ? 0 : _chunksWith[term]);

    int[] Read(string text, int chunk, out int length)
    {
        List<TextWord> words = TextWords.Of(text);
        int[] sequence = new int[words.Count * 2];
        int count = 0, ends = 0;
        Span<char> form = stackalloc char[TermText.Most];
        foreach (TextWord word in words)
        {
            if (word.Gap is WordGap.Sentence or WordGap.Stop && count > 0 && sequence[count - 1] != SentenceEnd)
            {
                sequence[count++] = SentenceEnd;
                ends++;
            }
            if (TermText.Write(text, word, form) is > 0 and int written)
            {
                sequence[count++] = Number(TermHash.Of(form[..written]), chunk);
            }
        }
        length = count - ends;
        return sequence[..count];
    }

    int Number(ulong hash, int chunk)
    {
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_ids, hash, out bool isKnown);
        if (!isKnown)
        {
            id = _chunksWith.Count;
            _chunksWith.Add(1);
            _lastChunk.Add(chunk);
        }
        else if (_lastChunk[id] != chunk)
        {
            _lastChunk[id] = chunk;
            _chunksWith[id]++;
        }
        return id;
    }
}
