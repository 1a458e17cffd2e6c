namespace Farsight.Engine.Kernels;

/// <summary>Represents adjacent single queries, with the keys that all of them see and the keys of each.</summary>
/// <param name="Queries">Their rows.</param>
/// <param name="Shared">Ranges of keys that all see, before their own.</param>
/// <param name="Own">[queries] further ranges.</param>
sealed record DecodeBundle(IReadOnlyList<int> Queries, IReadOnlyList<KeyRange> Shared, IReadOnlyList<IReadOnlyList<KeyRange>> Own)
{
    // Fewer common keys are as soon read twice.
    const int LeastShared = 64;

    // A block of keys must still be in the first-level cache for the last of them.
    const int MostQueries = 8;

    /// <summary>Gets the number of keys that the queries see; shared keys count once.</summary>
    internal long KeyCount => Shared.Sum(r => (long)r.Count) + Own.Sum(o => o.Sum(r => (long)r.Count));

    /// <summary>Puts neighbors together that begin with the same keys.</summary>
    internal static List<DecodeBundle> Of(IReadOnlyList<AttentionSpan> spans)
    {
        List<DecodeBundle> bundles = [];
        for (int first = 0; first < spans.Count;)
        {
            IReadOnlyList<KeyRange>[] seen = [.. spans.Skip(first).Take(MostQueries).Select(Seen)];
            IReadOnlyList<KeyRange> shared = [];
            int count = 1;
            for (IReadOnlyList<KeyRange> common = seen[0]; count < seen.Length; count++)
            {
                common = Common(common, seen[count]);
                if (common.Sum(r => r.Count) < LeastShared)
                {
                    break;
                }
                shared = common;
            }
            int known = shared.Sum(r => r.Count),
                from = first;
            bundles.Add(
                new(
                    [.. Enumerable.Range(from, count).Select(s => spans[s].FirstQuery)],
                    shared,
                    [.. seen.Take(count).Select(s => After(s, known))]));
            first += count;
        }
        return bundles;
    }

    /// <summary>Returns the ranges of all keys that a span's query sees.</summary>
    static IReadOnlyList<KeyRange> Seen(AttentionSpan span)
    {
        IReadOnlyList<KeyRange> all = [.. span.Prefix, new(span.FirstKey, 1)];
        return After(all, Math.Max(0, all.Sum(r => r.Count) - span.Window));
    }

    /// <summary>Returns the common initial ranges.</summary>
    static List<KeyRange> Common(IReadOnlyList<KeyRange> a, IReadOnlyList<KeyRange> b)
    {
        List<KeyRange> common = [];
        for (int i = 0; i < Math.Min(a.Count, b.Count) && a[i].Start == b[i].Start; i++)
        {
            common.Add(a[i].Count < b[i].Count ? a[i] : b[i]);
            if (a[i] != b[i])
            {
                break;
            }
        }
        return common;
    }

    /// <summary>Returns the ranges after skipping a number of keys.</summary>
    static List<KeyRange> After(IReadOnlyList<KeyRange> ranges, int skipped)
    {
        List<KeyRange> left = [];
        foreach (KeyRange range in ranges)
        {
            int here = Math.Min(skipped, range.Count);
            skipped -= here;
            if (here < range.Count)
            {
                left.Add(new(range.Start + here, range.Count - here));
            }
        }
        return left;
    }
}
