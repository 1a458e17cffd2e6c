using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Tests.Engine.Kernels;

public sealed partial class TreeAttentionTests
{
    static readonly string[] s_tiers = ["512", "256", "128", "public"];

    // Lengths around the edges of a tile (8 keys, 32 lanes), of a key block (96) and of a chunk (256 lanes).
    static readonly string[] s_trees =
    [
        "1",
        "2",
        "7",
        "8",
        "9",
        "31",
        "32",
        "33",
        "95",
        "97",
        "129",
        "300",
        "prompt+leaves",
        "two roots",
        "deep",
        "long leaves",
        "cache",
        "tail of a node",
    ];

    public static TheoryData<string, int, int> Trees()
    {
        TheoryData<string, int, int> data = [];
        foreach (string tree in s_trees)
        {
            data.Add(tree, 16, 3);
        }
        foreach (int dim in (int[])[5, 8, 24, 32, 64, 128])
        {
            foreach (int group in (int[])[1, 2, 3])
            {
                data.Add("prompt+leaves", dim, group);
                data.Add("deep", dim, group);
            }
        }
        return data;
    }

    [Theory, MemberData(nameof(Trees))]
    public void Forward_and_backward_match_naive_on_every_tier(string tree, int headDim, int group) =>
        AssertMatchesNaive(new Case(tree, new AttentionShape(2 * group, 2, headDim)));

    static void AssertMatchesNaive(Case c)
    {
        TreeAttentionNaive.Result expected = c.Naive();
        foreach (string tier in s_tiers)
        {
            Outcome actual = c.Run(tier);

            Near.Each(expected.Output, actual.Output, relative: 1e-4, absolute: 2e-6);
            Near.Each(expected.LogSumExp, actual.LogSumExp, relative: 1e-5, absolute: 2e-6);
            Near.Each(expected.DQueries, actual.DQueries, relative: 2e-4, absolute: 2e-5);
            Near.Each(expected.DKeys, actual.DKeys, relative: 2e-4, absolute: 2e-5);
            Near.Each(expected.DValues, actual.DValues, relative: 2e-4, absolute: 2e-5);
        }
    }

    // Soft limits that hardly bend, bend most scores, and flatten them; with and without a window, and with another scale.
    [Theory]
    [InlineData("300", 50f, 0.25f, int.MaxValue), InlineData("300", 2f, 0.25f, 20), InlineData("300", 0.3f, 0.25f, int.MaxValue)]
    [InlineData("prompt+leaves", 2f, 0.5f, 5), InlineData("deep", 1f, 0.1f, int.MaxValue), InlineData("long leaves", 3f, 0.25f, 40)]
    public void Limited_and_scaled_scores_match_naive_on_every_tier(string tree, float cap, float scale, int window) =>
        AssertMatchesNaive(new Case(tree, new AttentionShape(6, 2, 16) { Scale = scale, Softcap = cap }, window: window));

    // Windows shorter than a tile, around block edges, that end inside a prefix, and that hold everything.
    [Theory]
    [
        InlineData("300", 1),
        InlineData("300", 7),
        InlineData("300", 96),
        InlineData("300", 97),
        InlineData("300", 299),
        InlineData("300", 1000)
    ]
    [
        InlineData("prompt+leaves", 1),
        InlineData("prompt+leaves", 5),
        InlineData("prompt+leaves", 15),
        InlineData("prompt+leaves", 100),
        InlineData("prompt+leaves", 113)
    ]
    [InlineData("two roots", 20), InlineData("two roots", 110), InlineData("deep", 3), InlineData("deep", 33), InlineData("deep", 75)]
    [
        InlineData("long leaves", 16),
        InlineData("long leaves", 100),
        InlineData("cache", 10),
        InlineData("cache", 50),
        InlineData("tail of a node", 4),
        InlineData("tail of a node", 38)
    ]
    public void A_window_shows_each_query_the_last_keys_of_its_path(string tree, int window) =>
        AssertMatchesNaive(new Case(tree, new AttentionShape(6, 2, 16), window: window));

    // 33 chunks in one family with one key head: dealt out in two parts.
    [Fact]
    public void Parts_of_a_long_text_add_up_and_do_not_depend_on_the_threads()
    {
        Case c = new("1400", new AttentionShape(6, 1, 8));
        Assert.Equal(2, Assert.Single(AttentionPlan.For(c.Spans, c.Shape)).PartsOfFamilies(1));
        TreeAttentionNaive.Result expected = c.Naive();

        Outcome[] outcomes = [.. Enumerable.Range(1, 3).Select(threads =>
        {
            using ThreadCount set = new(threads);
            return c.Run("public");
        })];

        Near.Each(expected.DQueries, outcomes[0].DQueries, relative: 2e-4, absolute: 2e-5);
        Near.Each(expected.DKeys, outcomes[0].DKeys, relative: 2e-4, absolute: 5e-5); // a key gets its gradient from 8400 lanes
        Near.Each(expected.DValues, outcomes[0].DValues, relative: 2e-4, absolute: 5e-5);
        Assert.All(outcomes, o => Assert.Equal(outcomes[0].DKeys, o.DKeys));
        Assert.All(outcomes, o => Assert.Equal(outcomes[0].DValues, o.DValues));
    }

    [Fact]
    public void Keys_out_of_every_window_are_not_visited()
    {
        Case c = new("cache", new AttentionShape(2, 1, 16), window: 20);
        c.Keys.AsSpan(0, 40 * 16).Fill(float.NaN); // 61 cached; the first query is number 61 and sees keys 42 … 61
        c.Values.AsSpan(0, 40 * 16).Fill(float.NaN);

        Assert.All(c.Run("public").Output, x => Assert.True(float.IsFinite(x)));
    }

    [Theory, InlineData(null), InlineData(4)]
    public void Backward_matches_finite_differences(int? group)
    {
        Case c = new("small", new AttentionShape(3, 1, 8), group: group);
        Outcome actual = c.Run("public");

        double Loss(float[] q, float[] k, float[] v) =>
            TreeAttentionNaive.Run(q, k, v, c.DOutput, c.Shape, c.Paths, c.Mask).Output.Zip(c.DOutput, (o, d) => o * d).Sum();
        Near.Each(Gradient.Of(q => Loss(q, c.Keys, c.Values), c.Queries), actual.DQueries, relative: 2e-3, absolute: 1e-4);
        Near.Each(Gradient.Of(k => Loss(c.Queries, k, c.Values), c.Keys), actual.DKeys, relative: 2e-3, absolute: 1e-4);
        Near.Each(Gradient.Of(v => Loss(c.Queries, c.Keys, v), c.Values), actual.DValues, relative: 2e-3, absolute: 1e-4);
    }

    [Theory, InlineData(2, null), InlineData(2, 48), InlineData(3, 48)]
    public void Gives_the_same_bits_for_any_number_of_threads(int keyHeads, int? group)
    {
        int before = Workers.Threads;
        try
        {
            Case c = new("two roots", new AttentionShape(6, keyHeads, 32), group: group);
            Outcome[] outcomes = new Outcome[3];
            for (int i = 0; i < 3; i++)
            {
                Workers.Threads = i + 1;
                outcomes[i] = c.Run("public");
            }
            foreach (Outcome other in outcomes[1..])
            {
                Assert.Equal(outcomes[0].All, other.All);
            }
        }
        finally
        {
            Workers.Threads = before;
        }
    }

    // Two workers adding to the same keys would be a race, which no comparison of results is sure to see.
    [Theory, InlineData("300", 1), InlineData("long leaves", 1), InlineData("deep", 1), InlineData("cache", 1), InlineData("two roots", 2)]
    public void Chunks_that_share_keys_are_one_family(string tree, int families)
    {
        AttentionPlan plan = Assert.Single(AttentionPlan.For(SpansOf(tree), new(6, 2, 8)));

        Assert.Equal(families, plan.Families.Count);
        Assert.Equal(plan.Chunks, plan.Families.SelectMany(f => f));
    }

    [Fact]
    public void Stays_finite_for_large_scores()
    {
        Case c = new("prompt+leaves", new AttentionShape(4, 2, 16), factor: 40);
        TreeAttentionNaive.Result expected = c.Naive();

        Outcome actual = c.Run("public");

        Near.Each(expected.Output, actual.Output, relative: 1e-2, absolute: 4e-2);
        Near.Each(expected.LogSumExp, actual.LogSumExp, relative: 1e-5);
        Assert.All(actual.All, x => Assert.True(float.IsFinite(x)));
    }

    [Fact]
    public void A_leaf_does_not_see_its_siblings()
    {
        Case c = new("prompt+leaves", new AttentionShape(2, 1, 16));
        Outcome before = c.Run("public");
        AttentionSpan first = c.Spans[1], second = c.Spans[2];

        c.Values.AsSpan(first.FirstKey * 16, first.QueryCount * 16).Fill(1e6f);
        Outcome after = c.Run("public");

        Range rows = (second.FirstQuery * 32)..((second.FirstQuery + second.QueryCount) * 32);
        Assert.Equal(before.Output[rows], after.Output[rows]);
        Assert.NotEqual(before.Output, after.Output);
    }

    [Fact]
    public void Allocates_nothing_large_in_steady_state()
    {
        Case c = new("300", new AttentionShape(6, 2, 32));
        Rows q = ToRows(c.Queries, 192),
            k = ToRows(c.Keys, 64),
            v = ToRows(c.Values, 64),
            o = Rows.Allocate(q.Count, 192),
            l = Rows.Allocate(q.Count, 6);
        TreeAttention.Forward(q, k, v, c.Shape, c.Spans, o, l);

        long before = GC.GetAllocatedBytesForCurrentThread();
        TreeAttention.Forward(q, k, v, c.Shape, c.Spans, o, l);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 10);
    }

    [Fact]
    public void Spans_of_a_tree_have_their_ancestors_as_prefix()
    {
        TokenTreeBuilder builder = new();
        int root = Add(builder, TokenTreeBuilder.Root, 5), child = Add(builder, root, 3), leaf = Add(builder, child, 2);
        _ = Add(builder, root, 4);
        _ = Add(builder, leaf, 1);

        IReadOnlyList<AttentionSpan> spans = AttentionSpan.For(builder.Build());

        Assert.Empty(spans[0].Prefix);
        Assert.Equal([new KeyRange(0, 8)], spans[2].Prefix);
        Assert.Equal([new KeyRange(0, 5)], spans[3].Prefix);
        Assert.Equal((10, 4, 10), (spans[3].FirstQuery, spans[3].QueryCount, spans[3].FirstKey));
        Assert.Equal([new KeyRange(0, 10)], spans[4].Prefix);
    }

    [Fact]
    public void Rejects_a_span_that_leaves_the_rows()
    {
        Rows q = Rows.Allocate(4, 8), k = Rows.Allocate(4, 8), l = Rows.Allocate(4, 1);

        var e = Assert.Throws<ArgumentException>(() => TreeAttention.Forward(q, k, k, new(1, 1, 8), [new(0, 2, [new(3, 2)], 0)], q, l));

        Assert.Equal("A span names 2 keys from row 3; there are 4 rows.", e.Message);
        e = Assert.Throws<ArgumentException>(() =>
            TreeAttention.Forward(q, k, k, new(1, 1, 8), [new(0, 2, [], 0) { Heads = new(1, 1) }], q, l));
        Assert.Equal("A span is for 1 heads from head 1; there are 1 heads.", e.Message);
    }
}
