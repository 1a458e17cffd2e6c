namespace Farsight.Engine.Kernels;

/// <summary>Represents the keys that consecutive queries see: all of a prefix and, causally, their own.</summary>
/// <remarks>
/// Query i of the span sees every key of <paramref name="Prefix"/> and the keys FirstKey … FirstKey + i. A node of a token
/// tree is a span whose prefix are its ancestors; a prefill behind a cache is a span whose prefix is [0, cached).
/// The queries of different spans are different rows, or rows of different heads.
/// With a window a query sees of these only the last ones: keys are counted in the order of the prefix's ranges and then of the
/// own keys, never by position ids, and the query's own key is the last it sees.
/// </remarks>
/// <param name="FirstQuery">Row of the first query.</param>
/// <param name="QueryCount">Number of queries, and of own keys.</param>
/// <param name="Prefix">Ranges of keys that all the queries see; none twice.</param>
/// <param name="FirstKey">Row of the first own key.</param>
/// <param name="Window">How many keys a query sees at most, its own among them; at least 1.</param>
public sealed record AttentionSpan(int FirstQuery, int QueryCount, IReadOnlyList<KeyRange> Prefix, int FirstKey, int Window = int.MaxValue)
{
    /// <summary>Gets the query heads to which the span applies; null for all.</summary>
    public HeadRange? Heads { get; init; }
}

/// <summary>Represents consecutive query heads.</summary>
/// <param name="Start">First head.</param>
/// <param name="Count">Number of heads.</param>
public readonly record struct HeadRange(int Start, int Count)
{
    /// <summary>Gets the index after the last head.</summary>
    public int End => Start + Count;
}

/// <summary>Represents consecutive rows of keys and values.</summary>
/// <param name="Start">First row.</param>
/// <param name="Count">Number of rows.</param>
public readonly record struct KeyRange(int Start, int Count)
{
    /// <summary>Gets the index after the last row.</summary>
    public int End => Start + Count;
}
