using Farsight.Engine.Kernels;

namespace Farsight.Tests.Engine.Kernels;

/// <summary>Attention inside groups of tokens.</summary>
public sealed partial class TreeAttentionTests
{
    // Groups shorter than a tile, around block edges, that end in a prompt and in a response, and that hold everything; halves of the heads
    // that end between two key heads, among the heads of one, and one head more in the second half.
    [Theory]
    [
        InlineData("1", 2, 2, 1),
        InlineData("300", 2, 6, 2),
        InlineData("300", 7, 6, 2),
        InlineData("300", 33, 6, 3),
        InlineData("300", 96, 4, 1),
        InlineData("300", 101, 3, 1),
        InlineData("300", 900, 6, 2)
    ]
    [
        InlineData("prompt+leaves", 3, 6, 2),
        InlineData("prompt+leaves", 16, 6, 3),
        InlineData("prompt+leaves", 64, 5, 5),
        InlineData("prompt+leaves", 100, 9, 3),
        InlineData("prompt+leaves", 200, 4, 4)
    ]
    [
        InlineData("two roots", 32, 6, 2),
        InlineData("two roots", 130, 6, 3),
        InlineData("deep", 11, 6, 2),
        InlineData("deep", 60, 1, 1),
        InlineData("long leaves", 40, 6, 3),
        InlineData("long leaves", 128, 3, 1)
    ]
    [
        InlineData("cache", 20, 6, 2),
        InlineData("cache", 70, 6, 3),
        InlineData("tail of a node", 8, 6, 2),
        InlineData("tail of a node", 37, 6, 3),
        InlineData("small", 2, 4, 2)
    ]
    public void Shifted_groups_match_an_explicit_mask_on_every_tier(string tree, int group, int heads, int keyHeads) =>
        AssertMatchesNaive(new Case(tree, new AttentionShape(heads, keyHeads, 16), group: group));

    [Theory, InlineData("prompt+leaves", 40, 30), InlineData("300", 64, 100), InlineData("deep", 25, 9)]
    public void A_window_holds_inside_a_group_as_well(string tree, int group, int window)
    {
        Case c = new(tree, new AttentionShape(6, 2, 16), window: window, group: group);
        TreeAttentionNaive.Result expected = c.Naive();

        Outcome actual = c.Run("public");

        Near.Each(expected.Output, actual.Output, relative: 1e-4, absolute: 2e-6);
        Near.Each(expected.DKeys, actual.DKeys, relative: 2e-4, absolute: 2e-5);
    }

    // Hkv even: the halves are whole key heads, and each is cut into the same chunks as without groups.
    [Theory, InlineData("300"), InlineData("prompt+leaves"), InlineData("two roots")]
    public void Groups_that_hold_everything_give_the_bits_of_full_attention(string tree)
    {
        Case full = new(tree, new AttentionShape(6, 2, 16)), grouped = new(tree, new AttentionShape(6, 2, 16), group: 600);

        Assert.Equal(full.Run("public").All, grouped.Run("public").All);
        Assert.NotEqual(full.Run("public").All, new Case(tree, new AttentionShape(6, 2, 16), group: 160).Run("public").All);
    }

    [Fact]
    public void Keys_of_other_groups_are_not_visited()
    {
        Case c = new("300", new AttentionShape(4, 2, 16), group: 100);
        c.Keys.AsSpan(0, 50 * 32).Fill(float.NaN); // groups end at 100, 200 and at 50, 150, 250
        c.Values.AsSpan(0, 50 * 32).Fill(float.NaN);

        Outcome o = c.Run("public");

        Assert.All(o.Output.AsSpan(100 * 64).ToArray(), x => Assert.True(float.IsFinite(x)));
        Assert.All(o.DKeys.AsSpan(100 * 32).ToArray(), x => Assert.True(float.IsFinite(x)));
    }
}
