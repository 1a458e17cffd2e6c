using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Models;

public sealed class TokenTreeTests
{
    [Fact]
    public void Rows_follow_node_by_node_and_a_scored_token_is_predicted_by_the_row_before_it()
    {
        TokenTreeBuilder builder = new();
        int root = builder.Add(TokenTreeBuilder.Root, [5, 6, 7], [0, 1, 4], [false, true, true]);
        int child = builder.Add(root, [8, 9], [5, 6], scored: false);
        int leaf = builder.Add(root, [10, 11], [5, 6], [true, false]);
        int grandchild = builder.Add(child, [12], [7], scored: true);
        int other = builder.Add(TokenTreeBuilder.Root, [13, 14], [0, 9], [false, true]);

        TokenTree tree = builder.Build();

        Assert.Equal([0, 1, 2, 3, 4], [root, child, leaf, grandchild, other]);
        Assert.Equal([5, 6, 7, 8, 9, 10, 11, 12, 13, 14], tree.Tokens);
        Assert.Equal([0, 1, 4, 5, 6, 5, 6, 7, 0, 9], tree.Positions);
        Assert.Equal(10, tree.Count);
        Assert.Equal(
            [new(-1, 0, 3, 0, 2), new(0, 3, 2, 2, 0), new(0, 5, 2, 2, 1), new(1, 7, 1, 3, 1), new(-1, 8, 2, 4, 1)],
            tree.Nodes);
        // Row 2 ends the root, which predicts the leaf's first token; row 4 ends the child.
        Assert.Equal([new(0, 6), new(1, 7), new(2, 10), new(4, 12), new(8, 14)], tree.Scored);
        // The first root reaches position 7 in its grandchild, the second position 9.
        Assert.Equal([8, 8, 8, 8, 8, 8, 8, 8, 10, 10], tree.Lengths());
    }

    [Fact]
    public void A_sequence_is_one_node_with_every_token_but_the_first_scored()
    {
        TokenTree tree = TokenTree.Sequence([7, 8, 9]);

        Assert.Equal([new(-1, 0, 3, 0, 2)], tree.Nodes);
        Assert.Equal([0, 1, 2], tree.Positions);
        Assert.Equal([new(0, 8), new(1, 9)], tree.Scored);
        Assert.Equal([3, 3, 3], tree.Lengths());
    }

    [Fact]
    public void Further_tokens_scored_in_the_places_of_a_node_get_the_values_and_gradients_of_leaves_with_these_tokens()
    {
        TokenTreeBuilder beside = new(), leaves = new();
        foreach (TokenTreeBuilder builder in (TokenTreeBuilder[])[beside, leaves])
        {
            builder.Add(TokenTreeBuilder.Root, [1, 7, 3], [0, 1, 2], scored: false);
            builder.Add(0, [11, 12], [3, 4], scored: true);
        }
        int first = beside.Score(1, [[20, 21], [22]]);
        leaves.Add(0, [20], [3], scored: true);
        leaves.Add(0, [21], [3], scored: true);
        int part = leaves.Add(0, [11], [3], scored: false);
        leaves.Add(part, [22], [4], scored: true);
        Assert.Equal(2, first);
        Assert.Throws<ArgumentException>(() => beside.Score(1, [[20]]));
        float[] derivatives = [0.5f, -0.25f, 1, -2, 3];
        using DecoderModel one = SmallModel.Create(), other = SmallModel.Create();

        float[] expected = LogProbs(other, leaves.Build()), got = LogProbs(one, beside.Build());

        Near.Each([.. expected.Select(v => (double)v)], got, relative: 1e-5, absolute: 1e-6);
        foreach ((Parameter a, Parameter b) in other.Parameters.Zip(one.Parameters))
        {
            Near.Each([.. a.Gradient.Span.ToArray().Select(v => (double)v)], b.Gradient.Span, relative: 1e-3, absolute: 1e-5);
        }

        float[] LogProbs(DecoderModel model, TokenTree tree)
        {
            model.TrainEverything();
            using TreePass pass = model.Forward(tree);
            pass.Backward(derivatives);
            return pass.LogProbs;
        }
    }

    [Fact]
    public void A_node_that_does_not_fit_the_tree_is_refused()
    {
        TokenTreeBuilder builder = new();
        _ = builder.Add(TokenTreeBuilder.Root, [1], [0], scored: false);

        Assert.Throws<ArgumentException>("tokens", () => builder.Add(0, [], [], []));
        Assert.Throws<ArgumentException>("tokens", () => builder.Add(0, [1, 2], [1], [false, false]));
        Assert.Throws<ArgumentException>("tokens", () => builder.Add(0, [1], [1, 2], [false]));
        Assert.Throws<ArgumentException>("tokens", () => builder.Add(0, [1, 2], [1, 2], [false]));
        Assert.Throws<ArgumentException>("parent", () => builder.Add(1, [1], [1], scored: false));
        Assert.Throws<ArgumentException>("parent", () => builder.Add(-2, [1], [1], scored: false));
        Assert.Throws<ArgumentException>("scored", () => builder.Add(TokenTreeBuilder.Root, [1], [0], scored: true));
        Assert.Throws<ArgumentOutOfRangeException>("positions", () => builder.Add(0, [1], [-1], scored: false));
    }
}
