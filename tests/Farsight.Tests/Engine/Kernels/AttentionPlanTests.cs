using Farsight.Engine.Kernels;

namespace Farsight.Tests.Engine.Kernels;

/// <summary>How attention is divided; the results of the divisions are compared in <see cref="TreeAttentionTests"/>.</summary>
public sealed class AttentionPlanTests
{
    static readonly AttentionShape s_single = new(1, 1, 8);

    // Shape (6, 2): the query heads 0–2 share key head 0, the heads 3–5 key head 1.
    [Theory]
    [InlineData(6, 2, 0, 6, "0+2 0+3")]
    [InlineData(6, 2, 1, 4, "0+1 1+2, 1+1 0+2")]
    [InlineData(6, 2, 0, 4, "0+1 0+3, 1+1 0+1")]
    [InlineData(6, 2, 4, 1, "1+1 1+1")]
    [InlineData(6, 2, 2, 4, "0+1 2+1, 1+1 0+3")]
    [InlineData(4, 4, 1, 2, "1+2 0+1")]
    public void Heads_are_cut_where_they_begin_or_end_inside_the_group_of_a_key_head(
        int heads, int keyHeads, int start, int count, string slices) =>
        Assert.Equal(
            slices,
            string.Join(
                ", ",
                HeadSlice.Of(new(heads, keyHeads, 8), new(start, count))
                    .Select(s => $"{s.FirstKeyHead}+{s.KeyHeads} {s.FirstOfGroup}+{s.PerKeyHead}")));

    [Fact]
    public void Spans_for_other_heads_have_plans_of_their_own()
    {
        AttentionSpan all = new(0, 5, [], 0), first = new(0, 5, [], 0) { Heads = new(0, 2) }, second = first with { Heads = new(2, 2) };

        Assert.Equal([new(0, 2, 0, 2)], AttentionPlan.For([all], new(4, 2, 8)).Select(p => p.Heads));
        Assert.Equal(
            [new(0, 1, 0, 2), new(1, 1, 0, 2)], AttentionPlan.For([first, second, first], new(4, 2, 8)).Select(p => p.Heads));
    }

    [Fact]
    public void Lanes_are_cut_every_256()
    {
        // 300 queries of 3 heads each that share a key head: 900 lanes.
        AttentionPlan plan = Plan(new(6, 2, 8), new AttentionSpan(0, 300, [], 0));

        Assert.Equal([(0, 256), (256, 256), (512, 256), (768, 132)], plan.Chunks.Select(c => (c.FirstLane, c.LaneCount)));
    }

    [Fact]
    public void Siblings_of_up_to_64_queries_are_one_bundle()
    {
        KeyRange[] prompt = [new(0, 10)];
        AttentionPlan plan = Plan(
            s_single,
            new(0, 10, [], 0), // no prefix: nothing to share with the next
            new(10, 32, prompt, 10),
            new(42, 32, [new(0, 10)], 42), // the same prefix in another list: 64 together
            new(74, 1, prompt, 74), // the 65th
            new(75, 3, prompt, 75) { Window = 7 },
            new(78, 0, prompt, 78),
            new(78, 2, [new(0, 9)], 78));

        Assert.Equal([10, 64, 1, 3, 2], plan.Chunks.Select(c => c.Bundle.QueryCount));
        Assert.Equal([0, 10, 10, 10, 9], plan.Chunks.Select(c => c.Bundle.PrefixCount));
    }

    [Fact]
    public void Spans_without_a_prefix_are_never_bundled() =>
        Assert.Equal([3, 4], Plan(s_single, new(0, 3, [], 0), new(3, 4, [], 3)).Chunks.Select(c => c.Bundle.QueryCount));

    [Theory]
    [InlineData("0-5, 5-10", "0, 1")] // adjacent keys are not shared
    [InlineData("0-6, 5-10", "0 1")]
    [InlineData("0-100, 10-20, 50-60, 99-101", "0 1 2 3")] // a range inside another does not end it
    [InlineData("0-10, 5-30, 20-25, 28-40, 40-41", "0 1 2 3, 4")]
    [InlineData("50-60, 0-10, 55-65", "0 2, 1")]
    [InlineData("20-25, 10-15, 0-11, 24-30, 40-50", "0 3, 1 2, 4")]
    [InlineData("0-4, 8-12, 3-9", "0 1 2")] // the last joins two families
    public void Bundles_whose_keys_overlap_are_one_family(string keys, string families)
    {
        int[][] ranges = [.. keys.Split(", ").Select(r => r.Split('-').Select(int.Parse).ToArray())];
        AttentionPlan plan = Plan(s_single, [.. ranges.Select((r, i) => new AttentionSpan(100 * i, r[1] - r[0], [], r[0]))]);

        Assert.Equal(
            families,
            string.Join(", ", plan.Families.Select(f => string.Join(' ', f.Select(c => c.Bundle.Locate(0).Row / 100)))));
    }

    [Fact]
    public void An_empty_range_of_a_prefix_joins_no_families() =>
        Assert.Equal(2, Plan(s_single, new(0, 5, [], 0), new(5, 3, [new(3, 0)], 5)).Families.Count);

    [Fact]
    public void A_shared_prefix_makes_a_family() =>
        Assert.Equal(
            [3, 1],
            Plan(
                s_single,
                new(0, 5, [], 0),
                new(5, 64, [new(2, 3)], 5),
                new(69, 64, [new(2, 3)], 69),
                new(133, 4, [], 133)).Families.Select(f => f.Count));

    // A family is divided into at most 4 pieces over all families and key heads, each of at least 16 chunks of 256 lanes.
    [Theory]
    [InlineData(1, 31, 1, 1)]
    [InlineData(1, 32, 1, 2)]
    [InlineData(1, 63, 1, 3)]
    [InlineData(1, 64, 1, 4)]
    [InlineData(1, 160, 1, 4)]
    [InlineData(1, 64, 2, 2)]
    [InlineData(1, 64, 5, 1)]
    [InlineData(2, 64, 1, 2)]
    [InlineData(2, 32, 2, 1)]
    [InlineData(1, 1, 1, 1)]
    public void Few_long_families_are_divided_into_parts(int families, int chunks, int keyHeads, int parts)
    {
        int length = 256 * chunks;

        Assert.Equal(
            parts,
            Plan(s_single, [.. Enumerable.Range(0, families).Select(f => new AttentionSpan(f * length, length, [], f * length))])
                .PartsOfFamilies(keyHeads));
    }

    [Fact]
    public void The_longest_family_decides_about_the_parts() =>
        Assert.Equal(2, Plan(s_single, new(0, 256, [], 0), new(256, 256 * 40, [], 256)).PartsOfFamilies(1));

    [Fact]
    public void No_queries_are_one_part() => Assert.Equal(1, Plan(s_single, new AttentionSpan(0, 0, [], 0)).PartsOfFamilies(1));

    [Fact]
    public void A_span_without_queries_is_in_no_family() =>
        Assert.Equal([1], Plan(s_single, new(0, 0, [], 0), new(0, 5, [], 0), new(5, 0, [new(0, 5)], 5)).Families.Select(f => f.Count));

    // Ten keys of the prefix, then three own keys of the first span and two of the second; a query is the last key that it sees.
    [Theory]
    [InlineData(int.MaxValue, 0, 10, 0, 0)]
    [InlineData(int.MaxValue, 4, 14, 0, 3)]
    [InlineData(4, 0, 10, 7, 0)]
    [InlineData(4, 2, 12, 9, 0)]
    [InlineData(4, 3, 13, 7, 3)]
    [InlineData(4, 4, 14, 8, 3)]
    [InlineData(2, 2, 12, 10, 1)]
    [InlineData(2, 4, 14, 10, 3)]
    [InlineData(1, 2, 12, 10, 2)]
    [InlineData(1, 4, 14, 10, 4)]
    [InlineData(11, 0, 10, 0, 0)]
    [InlineData(11, 1, 11, 1, 0)]
    public void A_query_sees_the_last_keys_of_its_window(int window, int query, int row, int firstPrefix, int firstOwn)
    {
        AttentionBundle bundle = new(new(10, 3, [new(0, 10)], 10, window));
        bundle.Add(new(13, 2, [new(0, 10)], 13, window));

        Assert.Equal((row, firstPrefix, firstOwn), bundle.Locate(query));
    }

    [Theory]
    [InlineData(true, 0, "5 6 7 20 21 22 23")]
    [InlineData(true, 2, "7 20 21")]
    [InlineData(true, 3, "20 21")]
    [InlineData(true, 4, "21 22 23")]
    [InlineData(true, 1, "6")]
    [InlineData(false, 0, "30 31 40 41")]
    [InlineData(false, 1, "31 40 41")]
    [InlineData(false, 2, "40")]
    public void Keys_are_numbered_range_by_range(bool prefix, int first, string rows)
    {
        AttentionBundle bundle = new(new(30, 2, [new(5, 3), new(20, 4)], 30));
        bundle.Add(new(40, 2, [new(5, 3), new(20, 4)], 40));
        int[] expected = [.. rows.Split(' ').Select(int.Parse)], written = new int[expected.Length];

        bundle.KeyRows(prefix, first, written);

        Assert.Equal(expected, written);
    }

    [Fact]
    public void Widths_and_scale_follow_from_the_heads()
    {
        AttentionShape shape = new(6, 2, 64);

        Assert.Equal((3, 384, 128, 0.125f), (shape.Group, shape.QueryWidth, shape.KeyWidth, shape.Scale));
    }

    [Fact]
    public void A_limit_of_the_scores_is_converted_to_bits()
    {
        Assert.Equal(72.134752f, new AttentionShape(6, 2, 64) { Softcap = 50 }.SoftcapBits!.Value, 1e-4f); // 50 · log₂ e
        Assert.Null(new AttentionShape(6, 2, 64).SoftcapBits);
    }

    static AttentionPlan Plan(AttentionShape shape, params AttentionSpan[] spans) => Assert.Single(AttentionPlan.For(spans, shape));
}
