using System.Runtime.InteropServices;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>
/// Represents chunks as sequences of numbered terms. A term is a word that is not among the <see cref="StopWords"/>, normalized by
/// <see cref="TermText"/>.
/// </summary>
sealed class TermIndex
{
    /// <summary>Marks the end of a sentence in a sequence.</summary>
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

    /// <summary>[N] Number of terms per chunk.</summary>
    internal int[] Lengths { get; }

    /// <summary>Mean number of terms per chunk, at least 1.</summary>
    internal double MeanLength => Math.Max(1, _total / Math.Max(1, Lengths.Length));

    /// <summary>Number of distinct terms.</summary>
    internal int Count => _chunksWith.Count;

    /// <summary>Returns the terms of a text in order; -1 for a term that no chunk has.</summary>
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
    /// Computes the weight of a term that is in <paramref name="with"/> chunks, in nats (Robertson's weight, never negative).
    /// </summary>
    internal double Weight(int with) => Math.Log(1 + ((Lengths.Length - with + 0.5) / (with + 0.5)));

    /// <summary>Computes the weight of a numbered term; -1 is in no chunk.</summary>
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

/// <summary>Hashes words to 64-bit numbers, equal on every machine: FNV-1a over characters.</summary>
static class TermHash
{
    const ulong Offset = 14_695_981_039_346_656_037, Prime = 1_099_511_628_211;

    internal static ulong Of(ReadOnlySpan<char> text)
    {
        ulong hash = Offset;
        foreach (char c in text)
        {
            hash = (hash ^ c) * Prime;
        }
        return hash ^ (hash >> 32);
    }
}
