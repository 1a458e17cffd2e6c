namespace Farsight.Engine.Kernels;

/// <summary>Which keys some consecutive queries see: all of a prefix and, causally, their own.</summary>
/// <remarks>
/// Query i of the span sees every key of <paramref name="Prefix"/> and the keys FirstKey … FirstKey + i. A node of a token
/// tree is a span whose prefix are its ancestors; a prefill behind a cache is a span whose prefix is [0, cached).
/// The queries of different spans are different rows.
/// </remarks>
/// <param name="FirstQuery">Row of the first query.</param>
/// <param name="QueryCount">Number of queries, and of own keys.</param>
/// <param name="Prefix">Ranges of keys that all the queries see; none twice.</param>
/// <param name="FirstKey">Row of the first own key.</param>
public sealed record AttentionSpan(int FirstQuery, int QueryCount, IReadOnlyList<KeyRange> Prefix, int FirstKey);

/// <summary>Consecutive rows of keys and values.</summary>
/// <param name="Start">First row.</param>
/// <param name="Count">Number of rows.</param>
public readonly record struct KeyRange(int Start, int Count)
{
    /// <summary>The row after the last.</summary>
    public int End => Start + Count;
}
