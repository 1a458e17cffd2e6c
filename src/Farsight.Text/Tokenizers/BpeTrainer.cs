using System.Runtime.InteropServices;
using System.Text;
using Farsight.Engine;

namespace Farsight.Text.Tokenizers;

/// <summary>Trains a byte-level BPE: first the 256 bytes, then repeatedly the most frequent pair, control tokens last.</summary>
/// <remarks>
/// Source: arXiv:1508.07909, Algorithm 1, over bytes, with the splitting pattern of Qwen2. Between pairs of the same count the one
/// whose left token's bytes come first wins, then the right's, so that the result depends on the texts alone, not on their order.
/// </remarks>
public sealed class BpeTrainer
{
    const int LowestCount = 2;

    readonly List<byte[]> _tokens = [.. Enumerable.Range(0, 256).Select(b => new[] { (byte)b })];
    readonly Dictionary<string, int> _idOf = new(StringComparer.Ordinal);
    readonly List<(int Left, int Right)> _merges = [];
    readonly HashSet<(int Left, int Right)> _merged = [];
    readonly Dictionary<(int Left, int Right), long> _counts = [];
    readonly Dictionary<(int Left, int Right), List<int>> _wordsWith = [];
    readonly List<int[]> _words = [];
    readonly List<long> _wordCounts = [];
    readonly PriorityQueue<(int Left, int Right), Candidate> _candidates;

    BpeTrainer()
    {
        _candidates = new(Comparer<Candidate>.Create(Compare));
        for (int id = 0; id < _tokens.Count; id++)
        {
            _idOf.Add(ByteAlphabet.Spell(_tokens[id]), id);
        }
    }

    /// <summary>Trains a tokenizer. It is smaller than requested if no pair occurs twice any more.</summary>
    /// <param name="texts">The texts, read once.</param>
    /// <param name="vocabularySize">All tokens: bytes, merges and special tokens.</param>
    /// <param name="specialTokens">Their ids are the last ones, in this order. Text that spells them stays text here too.</param>
    /// <param name="bos">The special token that other libraries put before every text, or null.</param>
    /// <exception cref="InputException">The vocabulary is too small for the bytes and the special tokens.</exception>
    public static Tokenizer Train(IEnumerable<string> texts, int vocabularySize, IReadOnlyList<string> specialTokens, string? bos = null)
    {
        if (bos is not null && !specialTokens.Contains(bos))
        {
            throw new ArgumentException($"'{bos}' is not among the special tokens.", nameof(bos));
        }
        int ordinary = vocabularySize - specialTokens.Count;
        if (ordinary < 256)
        {
            throw new InputException(
                $"A vocabulary of {vocabularySize} is too small: 256 bytes and {specialTokens.Count} special tokens need at least "
                    + $"{256 + specialTokens.Count}."
            );
        }
        BpeTrainer trainer = new();
        trainer.CountWords(texts);
        trainer.CountPairs();
        trainer.Merge(ordinary);
        return Tokenizer.Parse(TokenizerJsonWriter.Write(trainer._tokens, trainer._merges, specialTokens, bos), "trained tokenizer");
    }

    void CountWords(IEnumerable<string> texts)
    {
        Dictionary<string, long> counts = new(StringComparer.Ordinal);
        Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> bySpan = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        WordSplitter splitter = new(longestNumber: 1);
        List<int> ends = [];
        foreach (string text in texts)
        {
            ends.Clear();
            splitter.Split(text, 0, ends);
            int start = 0;
            foreach (int end in ends)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(bySpan, text.AsSpan(start..end), out _)++;
                start = end;
            }
        }
        foreach ((string word, long count) in counts)
        {
            _words.Add([.. Encoding.UTF8.GetBytes(word).Select(b => (int)b)]);
            _wordCounts.Add(count);
        }
    }

    void CountPairs()
    {
        for (int word = 0; word < _words.Count; word++)
        {
            int[] tokens = _words[word];
            for (int i = 0; i + 1 < tokens.Length; i++)
            {
                (int, int) pair = (tokens[i], tokens[i + 1]);
                CollectionsMarshal.GetValueRefOrAddDefault(_counts, pair, out _) += _wordCounts[word];
                Note(pair, word);
            }
        }
        foreach ((int, int) pair in _counts.Keys)
        {
            Offer(pair);
        }
    }

    void Merge(int tokens)
    {
        while (_tokens.Count < tokens && _candidates.TryDequeue(out (int Left, int Right) pair, out Candidate candidate))
        {
            if (_counts[pair] != candidate.Count)
            {
                Offer(pair); // merges have taken some of its occurrences since it was put into the queue
                continue;
            }
            int merged = Add(pair);
            HashSet<(int, int)> grown = [];
            foreach (int word in _wordsWith[pair])
            {
                MergeIn(word, pair, merged, grown);
            }
            _wordsWith.Remove(pair);
            foreach ((int, int) other in grown)
            {
                Offer(other);
            }
        }
    }

    int Add((int Left, int Right) pair)
    {
        byte[] bytes = [.. _tokens[pair.Left], .. _tokens[pair.Right]];
        if (_merged.Add(pair))
        {
            _merges.Add(pair);
        }
        string spelled = ByteAlphabet.Spell(bytes);
        if (!_idOf.TryGetValue(spelled, out int id)) // two pairs can spell the same token, and then an old pair can come back
        {
            id = _tokens.Count;
            _idOf.Add(spelled, id);
            _tokens.Add(bytes);
        }
        return id;
    }

    void MergeIn(int word, (int Left, int Right) pair, int merged, HashSet<(int, int)> grown)
    {
        int[] before = _words[word];
        int[] after = Merged(before, pair, merged);
        if (after.Length == before.Length)
        {
            return; // noted twice
        }
        AddCounts(before, -_wordCounts[word]);
        AddCounts(after, _wordCounts[word]);
        _words[word] = after;
        for (int i = 0; i + 1 < after.Length; i++)
        {
            (int Left, int Right) neighbors = (after[i], after[i + 1]);
            if (neighbors.Left == merged || neighbors.Right == merged)
            {
                Note(neighbors, word);
                grown.Add(neighbors);
            }
        }
    }

    static int[] Merged(int[] tokens, (int Left, int Right) pair, int merged)
    {
        int[] result = new int[tokens.Length];
        int count = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            bool here = tokens[i] == pair.Left && i + 1 < tokens.Length && tokens[i + 1] == pair.Right;
            result[count++] = here ? merged : tokens[i];
            i += here ? 1 : 0;
        }
        return result[..count];
    }

    void AddCounts(int[] tokens, long count)
    {
        for (int i = 0; i + 1 < tokens.Length; i++)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, (tokens[i], tokens[i + 1]), out _) += count;
        }
    }

    void Note((int, int) pair, int word)
    {
        List<int> words = CollectionsMarshal.GetValueRefOrAddDefault(_wordsWith, pair, out _) ??= [];
        if (words.Count == 0 || words[^1] != word)
        {
            words.Add(word);
        }
    }

    void Offer((int Left, int Right) pair)
    {
        if (_counts[pair] is >= LowestCount and var count)
        {
            _candidates.Enqueue(pair, new(count, _tokens[pair.Left], _tokens[pair.Right]));
        }
    }

    static int Compare(Candidate a, Candidate b)
    {
        int byCount = b.Count.CompareTo(a.Count);
        int byLeft = byCount != 0 ? byCount : a.Left.AsSpan().SequenceCompareTo(b.Left);
        return byLeft != 0 ? byLeft : a.Right.AsSpan().SequenceCompareTo(b.Right);
    }

    readonly record struct Candidate(long Count, byte[] Left, byte[] Right);
}
