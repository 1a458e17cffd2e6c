using Farsight.Engine.Inference;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Inference;

public sealed class PrefixTreeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Every_sequence_is_the_way_to_its_node(int own)
    {
        SeededRandom random = SeededRandom.For(1, "prefix tree", own);
        for (int trial = 0; trial < 50; trial++)
        {
            int[][] sequences = Draw(ref random);

            PrefixTree tree = PrefixTree.Of(Plain(sequences), own, shares: true);

            Assert.All(tree.Nodes.Select((n, i) => (n, i)), x => Assert.True(x.n.Count > 0 && x.n.Parent < x.i));
            for (int s = 0; s < sequences.Length; s++)
            {
                Assert.Equal(sequences[s], Way(tree, sequences, tree.Ends[s]));
            }
            if (own == 1)
            {
                Assert.Equal(sequences.Length, tree.Ends.Distinct().Count());
                Assert.DoesNotContain(tree.Nodes, n => tree.Ends.Contains(n.Parent)); // who decodes on has no children
            }
        }
    }

    [Fact]
    public void A_template_and_documents_in_it_are_held_once()
    {
        int[] template = [.. Enumerable.Range(0, 20)], first = [.. Enumerable.Repeat(30, 15)], second = [.. Enumerable.Repeat(31, 15)];

        PrefixTree tree = PrefixTree.Of(
            Plain(
                [.. template, .. first, 1],
                [.. template, .. second, 1],
                [.. template, .. first, 2],
                [.. template, .. second, 2],
                [.. template, .. first, 1]),
            0,
            true);

        Assert.Equal(20 + 15 + 1 + 1 + 15 + 1 + 1, tree.RowCount);
        Assert.Equal(tree.Ends[0], tree.Ends[4]);
        Assert.Equal(5 * 36, PrefixTree.Of(Plain([.. Enumerable.Repeat<int[]>([.. template, .. first, 1], 5)]), 0, shares: false).RowCount);
    }

    [Fact]
    public void Where_nothing_is_shared_nodes_are_the_sequences_in_their_order()
    {
        PrefixTree tree = PrefixTree.Of(Plain([3, 1], [1, 7], [2, 2, 2], [1, 5]), 1, shares: true);

        Assert.Equal([0, 1, 3, 2], tree.Nodes.Select(n => n.Sequence)); // but for siblings of one first token
    }

    [Fact]
    public void A_beginning_is_shared_only_where_the_positions_agree_too()
    {
        int[] tokens = [.. Enumerable.Range(0, 20)], near = [.. Enumerable.Range(0, 20)];
        int[] far = [.. near[..12], .. near[12..].Select(p => p + 50)];

        PrefixTree tree = PrefixTree.Of([new(tokens, 20, null), new(tokens, 20, near), new(tokens, 20, far)], 0, shares: true);

        Assert.Equal(12 + 8 + 8, tree.RowCount);
        Assert.Equal(tree.Ends[0], tree.Ends[1]);
        Assert.NotEqual(tree.Ends[0], tree.Ends[2]);
    }

    static PlacedTokens[] Plain(params int[][] sequences) => [.. sequences.Select(s => new PlacedTokens(s, s.Length, null))];

    static int[][] Draw(ref SeededRandom random)
    {
        List<int[]> sequences = [[.. Fill(ref random, 30)]];
        while (sequences.Count < 25)
        {
            int[] from = sequences[random.Next(sequences.Count)];
            int kept = random.Next(from.Length + 1);
            int[] next = [.. from[..kept], .. Fill(ref random, random.Next(12))];
            sequences.Add(next.Length == 0 ? [1] : next);
        }
        return [.. sequences];
    }

    static int[] Fill(ref SeededRandom random, int count)
    {
        int[] tokens = new int[count];
        foreach (ref int token in tokens.AsSpan())
        {
            token = random.Next(2);
        }
        return tokens;
    }

    static int[] Way(PrefixTree tree, int[][] sequences, int node) =>
        node < 0
            ? []
            :
            [
                .. Way(tree, sequences, tree.Nodes[node].Parent),
                .. sequences[tree.Nodes[node].Sequence].Skip(tree.Nodes[node].Start).Take(tree.Nodes[node].Count),
            ];
}
