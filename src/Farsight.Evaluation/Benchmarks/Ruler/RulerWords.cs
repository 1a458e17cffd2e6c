namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Represents the sorted, distinct keys "adjective-noun": six million, none of which is stored.</summary>
/// <remarks>
/// Keys of one adjective follow one another, and those of another stand before or after all of them, unless one adjective is the beginning
/// of the other up to its hyphen ("old" and "old-fashioned"). Only the keys of such adjectives are spelled out.
/// </remarks>
sealed class RulerWords
{
    readonly List<(int End, string Adjective, string[]? Keys)> _blocks = [];
    readonly string[] _nouns;

    internal RulerWords(IEnumerable<string> adjectives, IEnumerable<string> nouns)
    {
        _nouns = [.. nouns.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] sorted = [.. adjectives.Distinct(StringComparer.Ordinal).OrderBy(a => a + "-", StringComparer.Ordinal)];
        for (int i = 0; i < sorted.Length;)
        {
            int next = i + 1;
            while (next < sorted.Length && sorted[next].StartsWith(sorted[i] + "-", StringComparison.Ordinal))
            {
                next++;
            }
            Add(sorted[i..next]);
            i = next;
        }
    }

    /// <summary>Gets the number of keys.</summary>
    internal int Count => _blocks.Count == 0 ? 0 : _blocks[^1].End;

    /// <summary>Gets the key at a place in the sorted order.</summary>
    internal string this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            int block = _blocks.FindIndex(b => index < b.End);
            int place = index - (block == 0 ? 0 : _blocks[block - 1].End);
            return _blocks[block].Keys is { } keys ? keys[place] : $"{_blocks[block].Adjective}-{_nouns[place]}";
        }
    }

    void Add(string[] adjectives)
    {
        string[]? keys = adjectives.Length == 1 ? null :
        [
            .. adjectives.SelectMany(a => _nouns.Select(n => $"{a}-{n}")).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
        _blocks.Add((Count + (keys?.Length ?? _nouns.Length), adjectives[0], keys));
    }
}
