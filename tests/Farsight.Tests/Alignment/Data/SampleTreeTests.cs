using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Tests.Alignment.Data;

public sealed class SampleTreeTests
{
    static readonly SampleTokens s_sample = new("s-0", [1, 2], [[10, 11], [12]], [20], [30, 31], [[40], [50, 51, 52]]);
    static readonly PromptPositions s_positions = new([0, 1, 5, 6, 9, 10]);

    [Fact]
    public void The_shape_counts_each_piece()
    {
        PromptShape shape = s_sample.Shape;

        Assert.Equal(
            (2, 1, 3, 6, 9),
            (shape.PrefixTokens, shape.QuestionTokens, shape.LongestResponseTokens, shape.PromptTokens, shape.RealLength));
        Assert.Equal([2, 1], shape.ChunkLengths);
    }

    [Fact]
    public void Responses_hang_under_their_prompt_at_one_position()
    {
        SampleTree builder = new();
        builder.Add(s_sample with { Prefix = [9], Chunks = [[9]] }, new([0, 1, 2]), null, scorePrompt: false);
        SampleNodes nodes = builder.Add(s_sample, s_positions, null, scorePrompt: false)[0];
        TokenTree tree = builder.Build();

        Assert.Equal((4, 5), (nodes.Prompt, nodes.Chosen));
        Assert.Equal([6, 7], nodes.Rejected);
        Assert.Equal(-1, tree.Nodes[nodes.Prompt].Parent);
        Assert.Equal([1, 2, 10, 11, 12, 20], Rows(tree.Tokens, tree.Nodes[nodes.Prompt]));
        Assert.Equal(s_positions.Prompt, Rows(tree.Positions, tree.Nodes[nodes.Prompt]));
        Assert.Equal([40], Rows(tree.Tokens, tree.Nodes[nodes.Rejected[0]]));
        Assert.All([nodes.Chosen, .. nodes.Rejected], leaf =>
        {
            TokenNode node = tree.Nodes[leaf];
            Assert.Equal(nodes.Prompt, node.Parent);
            Assert.Equal(Enumerable.Range(11, node.Count), Rows(tree.Positions, node));
            Assert.Equal(node.Count, node.ScoredCount);
            Assert.Equal(tree.Nodes[nodes.Prompt].End - 1, tree.Scored[node.FirstScored].Row);
        });
        Assert.Equal(0, tree.Nodes[nodes.Prompt].ScoredCount);
    }

    [Fact]
    public void A_scored_prompt_is_scored_after_its_first_token()
    {
        SampleTree builder = new();
        SampleNodes nodes = builder.Add(s_sample, s_positions, 0, scorePrompt: true)[0];
        TokenTree tree = builder.Build();

        Assert.Empty(nodes.Rejected);
        Assert.Equal([2, 10, 11, 12, 20, 30, 31], tree.Scored.Select(s => s.Target));
    }

    [Fact]
    public void Too_few_rejected_responses_name_the_sample() =>
        Assert.Contains("s-0", Assert.Throws<InputException>(() => new SampleTree().Add(s_sample, s_positions, 3, false)).Message);

    static IEnumerable<int> Rows(IReadOnlyList<int> values, TokenNode node) => values.Skip(node.Start).Take(node.Count);
}
