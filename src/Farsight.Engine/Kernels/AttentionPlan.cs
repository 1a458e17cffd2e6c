namespace Farsight.Engine.Kernels;

/// <summary>
/// Represents the division of the attention of some heads into pieces. It depends on the spans only, never on the number of
/// threads.
/// </summary>
/// <remarks>
/// A lane is one query row of one head. The lanes of a bundle that share a key head are numbered query by query, the heads of
/// a query side by side; a chunk is some consecutive ones of them. Every chunk is independent in the forward pass; in the
/// backward pass the chunks of a family, that is of spans whose keys overlap, are taken one after the other; where that leaves
/// too little to do side by side, they are dealt out in parts that have key gradients of their own, added at the end.
/// </remarks>
sealed class AttentionPlan
{
    // Siblings with at most so many queries together are worth computing as one: their prefix is read once, and lanes are full.
    const int MaxBundledQueries = 64;

    // Few heads and one long text: as many pieces as some threads can take, each long enough to be worth a copy of the gradients.
    const int LeastPieces = 4, LeastChunksOfPart = 16;

    AttentionPlan(HeadSlice heads, IReadOnlyList<Chunk> chunks, IReadOnlyList<IReadOnlyList<Chunk>> families)
    {
        Heads = heads;
        Chunks = chunks;
        Families = families;
    }

    /// <summary>Gets the heads of the plan.</summary>
    internal HeadSlice Heads { get; }

    /// <summary>Gets all chunks, in the order of the spans.</summary>
    internal IReadOnlyList<Chunk> Chunks { get; }

    /// <summary>Gets the chunks, grouped by sets of keys that no other group reads.</summary>
    internal IReadOnlyList<IReadOnlyList<Chunk>> Families { get; }

    /// <summary>
    /// Computes the number of parts into which the backward pass divides each family; part p takes the chunks p, p + parts, ….
    /// </summary>
    internal int PartsOfFamilies(int keyValueHeads) => Families.Count == 0 ? 1 : Math.Clamp(
        LeastPieces / (Families.Count * keyValueHeads), 1, Math.Max(1, Families.Max(f => f.Count) / LeastChunksOfPart));

    /// <summary>Returns the plans for all spans; they may be carried out one after the other, as two may add to the same key
    /// head.</summary>
    internal static IReadOnlyList<AttentionPlan> For(IReadOnlyList<AttentionSpan> spans, AttentionShape shape) =>
        [
            .. spans
                .GroupBy(s => s.Heads ?? new(0, shape.Heads))
                .SelectMany(alike => HeadSlice.Of(shape, alike.Key).Select(heads => Of([.. alike], heads))),
        ];

    static AttentionPlan Of(IReadOnlyList<AttentionSpan> spans, HeadSlice heads)
    {
        List<AttentionBundle> bundles = Bundle(spans);
        List<Chunk>[] byBundle = [.. bundles.Select(b => Cut(b, b.QueryCount * heads.PerKeyHead))];
        return new(heads, [.. byBundle.SelectMany(c => c)], Join(bundles, byBundle));
    }

    static List<AttentionBundle> Bundle(IReadOnlyList<AttentionSpan> spans)
    {
        List<AttentionBundle> bundles = [];
        foreach (AttentionSpan span in spans)
        {
            if (span.QueryCount == 0)
            {
                continue;
            }
            if (bundles.Count > 0 && bundles[^1].QueryCount + span.QueryCount <= MaxBundledQueries && bundles[^1].CanTake(span))
            {
                bundles[^1].Add(span);
                continue;
            }
            bundles.Add(new AttentionBundle(span));
        }
        return bundles;
    }

    static List<Chunk> Cut(AttentionBundle bundle, int lanes)
    {
        List<Chunk> chunks = [];
        for (int first = 0; first < lanes; first += AttentionScratch.ChunkLanes)
        {
            chunks.Add(new(bundle, first, Math.Min(AttentionScratch.ChunkLanes, lanes - first)));
        }
        return chunks;
    }

    /// <summary>Sweeps over all key ranges in order of their starts and joins the bundles whose ranges overlap.</summary>
    static List<Chunk>[] Join(List<AttentionBundle> bundles, List<Chunk>[] chunks)
    {
        int[] parent = [.. Enumerable.Range(0, bundles.Count)];
        int Find(int b)
        {
            while (parent[b] != b)
            {
                b = parent[b] = parent[parent[b]];
            }
            return b;
        }

        int end = 0, owner = -1;
        foreach ((KeyRange range, int b) in bundles.SelectMany((b, i) => b.Ranges.Select(r => (r, i))).OrderBy(x => x.r.Start))
        {
            if (owner >= 0 && range.Start < end)
            {
                int low = Math.Min(Find(owner), Find(b)), high = Math.Max(Find(owner), Find(b));
                parent[high] = low;
            }
            if (owner < 0 || range.End > end)
            {
                (end, owner) = (range.End, b);
            }
        }
        return [.. Enumerable.Range(0, bundles.Count).GroupBy(Find).Select(family => family.SelectMany(b => chunks[b]).ToList())];
    }

    /// <summary>Represents consecutive lanes of a bundle.</summary>
    internal readonly record struct Chunk(AttentionBundle Bundle, int FirstLane, int LaneCount);
}

/// <summary>Represents adjacent spans with the same prefix: query q of the bundle is also number q among its own keys.</summary>
sealed class AttentionBundle
{
    readonly List<AttentionSpan> _spans = [];
    readonly List<int> _firsts = [];
    readonly List<KeyRange> _own = [];
    readonly IReadOnlyList<KeyRange> _prefix;
    readonly int _window;

    internal AttentionBundle(AttentionSpan span)
    {
        (_prefix, _window) = (span.Prefix, span.Window);
        PrefixCount = span.Prefix.Sum(r => r.Count);
        Add(span);
    }

    internal int PrefixCount { get; }

    internal int QueryCount { get; private set; }

    /// <summary>Every range of keys that some query of the bundle sees.</summary>
    internal IEnumerable<KeyRange> Ranges => _prefix.Concat(_own).Where(r => r.Count > 0);

    internal void Add(AttentionSpan span)
    {
        _spans.Add(span);
        _firsts.Add(QueryCount);
        _own.Add(new(span.FirstKey, span.QueryCount));
        QueryCount += span.QueryCount;
    }

    /// <summary>Returns whether the span has the same prefix and window; without a prefix there is nothing to share.</summary>
    internal bool CanTake(AttentionSpan span) =>
        PrefixCount > 0 && span.Window == _window && (ReferenceEquals(span.Prefix, _prefix) || span.Prefix.SequenceEqual(_prefix));

    /// <summary>
    /// Returns the row of query <paramref name="query"/>, and the first keys that it sees of the prefix and of the own ones; the last is
    /// its own number.
    /// </summary>
    internal (int Row, int FirstPrefix, int FirstOwn) Locate(int query)
    {
        int s = _firsts.Count - 1;
        while (_firsts[s] > query)
        {
            s--;
        }
        int within = query - _firsts[s], firstSeen = Math.Max(0, PrefixCount + within - _window + 1);
        return (_spans[s].FirstQuery + within, Math.Min(firstSeen, PrefixCount), _firsts[s] + Math.Max(0, firstSeen - PrefixCount));
    }

    /// <summary>Writes the rows of the keys number first … first + count − 1, of the prefix or of the own ones.</summary>
    internal void KeyRows(bool prefix, int first, Span<int> rows)
    {
        int written = 0;
        foreach (KeyRange range in prefix ? _prefix : _own)
        {
            for (int i = first; i >= 0 && i < range.Count && written < rows.Length; i++)
            {
                rows[written++] = range.Start + i;
            }
            first = written > 0 ? 0 : first - range.Count;
        }
    }
}

/// <summary>
/// Represents query heads that are computed alike: for adjacent key heads, the same ones of the query heads that share each.
/// </summary>
/// <param name="FirstKeyHead">First key head.</param>
/// <param name="KeyHeads">Number of key heads.</param>
/// <param name="FirstOfGroup">Number, among the query heads that share a key head, of the first one meant.</param>
/// <param name="PerKeyHead">How many of them are meant.</param>
readonly record struct HeadSlice(int FirstKeyHead, int KeyHeads, int FirstOfGroup, int PerKeyHead)
{
    /// <summary>Cuts a range of query heads where it begins or ends among the query heads of one key head.</summary>
    internal static IEnumerable<HeadSlice> Of(AttentionShape shape, HeadRange heads)
    {
        for (int head = heads.Start; head < heads.End;)
        {
            (int keyHead, int first) = Math.DivRem(head, shape.Group);
            int count = Math.Min(shape.Group - first, heads.End - head);
            int keyHeads = count == shape.Group ? (heads.End - head) / count : 1;
            yield return new(keyHead, keyHeads, first, count);
            head += keyHeads * count;
        }
    }
}
