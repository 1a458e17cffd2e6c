using Farsight.Engine.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents consecutive queries that one attention kernel computes, and the keys that they attend to.</summary>
/// <param name="FirstQuery">Row of the first query.</param>
/// <param name="Count">Number of queries.</param>
/// <param name="Keys">Ranges of rows of keys, in the order of the path from the root.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="IsCausal">Whether query i attends to the first i + 1 keys; then there is no mask.</param>
/// <param name="Mask">[queries, keys] true where a query attends to a key; null for all keys.</param>
sealed record AttentionPart(
    int FirstQuery, int Count, IReadOnlyList<KeyRange> Keys, HeadRange Heads, bool IsCausal, Tensor? Mask)
{
    // Bounds of a mask: the rows of a sliding window, and the entries of one that has none.
    const int WindowRows = 1024, MaskEntries = 1 << 26;

    /// <summary>Divides spans of keys into parts whose masks are small.</summary>
    /// <param name="spans">The spans.</param>
    /// <param name="window">Maximum keys of a query, itself among them.</param>
    /// <param name="heads">H.</param>
    /// <param name="masksAll">Whether parts need masks even where the kernel could do without.</param>
    /// <param name="device">Where masks lie.</param>
    /// <returns>The parts in ascending order of their queries, by their heads in ascending order.</returns>
    internal static IReadOnlyList<AttentionPart[]> Of(
        IReadOnlyList<AttentionSpan> spans, int window, int heads, bool masksAll, Device device) =>
    [
        .. spans
            .SelectMany(s => Of(s, window, s.Heads ?? new(0, heads), masksAll, device))
            .GroupBy(p => p.Heads)
            .OrderBy(g => g.Key.Start)
            .Select(g => g.OrderBy(p => p.FirstQuery).ToArray()),
    ];

    static IEnumerable<AttentionPart> Of(AttentionSpan span, int window, HeadRange heads, bool masksAll, Device device)
    {
        int before = span.Prefix.Sum(r => r.Count);
        KeyRange[] path = [.. span.Prefix, new(span.FirstKey, span.QueryCount)];
        bool isWindowed = window < before + span.QueryCount;
        int rows = isWindowed || masksAll ? WindowRows
            : before == 0 ? span.QueryCount
            : Math.Max(1, MaskEntries / (before + span.QueryCount));
        for (int first = 0; first < span.QueryCount; first += rows)
        {
            int count = Math.Min(rows, span.QueryCount - first), query = before + first;
            int lowest = (int)Math.Max(0, query - (long)window + 1);
            bool isCausal = query == 0 && !isWindowed && !masksAll;
            yield return new(
                span.FirstQuery + first,
                count,
                Slice(path, lowest, query + count - lowest),
                heads,
                isCausal,
                isCausal || count == 1 ? null : VisibleKeys(query, count, lowest, window, device));
        }
    }

    /// <summary>Returns the keys of a path from index <paramref name="first"/> on, with neighbors joined.</summary>
    static List<KeyRange> Slice(KeyRange[] path, int first, int count)
    {
        List<KeyRange> slice = [];
        foreach (KeyRange range in path)
        {
            int skipped = Math.Min(first, range.Count), taken = Math.Min(count, range.Count - skipped);
            (first, count) = (first - skipped, count - taken);
            if (taken == 0)
            {
                continue;
            }
            KeyRange next = new(range.Start + skipped, taken);
            if (slice.Count > 0 && slice[^1].End == next.Start)
            {
                slice[^1] = new(slice[^1].Start, slice[^1].Count + taken);
            }
            else
            {
                slice.Add(next);
            }
        }
        return slice;
    }

    /// <summary>Returns the mask of queries whose keys begin at index <paramref name="lowest"/> of their path.</summary>
    static Tensor VisibleKeys(int query, int count, int lowest, int window, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor queries = arange(query, query + count, ScalarType.Int64, device).unsqueeze(1);
        Tensor keys = arange(lowest, query + count, ScalarType.Int64, device).unsqueeze(0);
        Tensor visible = keys.le(queries);
        if (window <= query + count)
        {
            visible = visible.logical_and(keys.gt(queries.sub((Scalar)window)));
        }
        return visible.DetachFromDisposeScope();
    }
}
