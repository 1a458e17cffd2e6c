using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Tests.Text.Tokenizers;
using Farsight.Text.Conversations;

namespace Farsight.Tests.Alignment.Data;

public sealed class SampleTurnsTests
{
    static readonly SampleTokens s_sample = new("s", [1, 2], [[10, 11], [12]], [20, 21], [30, 31], [[40], [41, 42, 43]])
    {
        Further = [new([22], [32, 33, 34], [[44, 45], [47]]), new([23, 24], [35], [[46], [48, 49]])],
    };

    static readonly PromptPositions s_plain = new([0, 1, 2, 3, 4, 5, 6]);

    static readonly PreferenceSample s_text = new(
        "two", [new("a", 0, [7, 8], 0, ChunkRole.Irrelevant), new("a", 1, [9], 0, ChunkRole.Relevant)], "Who?", "She did.", ["He did."],
        new(["a"], 1, 0, new([1], [[0, 1]])), null, [new("When was it?", "At noon.", ["At night."], new([0], [[0, 1]]))]);

    [Fact]
    public void Every_turn_continues_the_chosen_response_before_and_holds_its_responses_side_by_side()
    {
        SampleTree builder = new();
        SampleNodes nodes = builder.Add(s_sample, s_plain, null, scorePrompt: false);
        TokenTree tree = builder.Build();

        Assert.Equal([1, 2, 10, 11, 12, 20, 21, 30, 31, 22, 32, 33, 34, 23, 24, 46], Path(tree, nodes.Further[1].Rejected[0], tree.Tokens));
        Assert.Equal([1, 2, 10, 11, 12, 20, 21, 41, 42, 43], Path(tree, nodes.Rejected[1], tree.Tokens));
        Assert.All(nodes.Turns.SelectMany(t => t.Rejected.Append(t.Chosen)), leaf =>
        {
            int[] positions = Path(tree, leaf, tree.Positions);
            Assert.Equal(Enumerable.Range(0, positions.Length), positions);
            Assert.Equal(tree.Nodes[leaf].Count, tree.Nodes[leaf].ScoredCount);
        });
        Assert.All(nodes.Turns, t => Assert.Equal(0, tree.Nodes[t.Prompt].ScoredCount));
        Assert.Equal(s_sample.Count(null), tree.Count);
        Assert.Equal(tree.Positions.Max() + 1, s_sample.Shape.RealLength);
    }

    [Fact]
    public void An_objective_that_takes_one_rejected_response_gets_one_of_each_turn()
    {
        SampleTree builder = new();
        SampleNodes nodes = builder.Add(s_sample, s_plain, 1, scorePrompt: false);

        Assert.All(nodes.Turns, t => Assert.Single(t.Rejected));
        Assert.Equal(s_sample.Count(1), builder.Build().Count);
        Assert.Contains(
            "has 2 rejected",
            Assert.Throws<InputException>(() => builder.Add(s_sample, s_plain, 3, scorePrompt: false)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Later_turns_follow_the_context_wherever_its_positions_end()
    {
        SampleTree builder = new();
        SampleNodes nodes = builder.Add(s_sample, new([0, 1, 50, 51, 90, 100, 101]), null, scorePrompt: false);
        TokenTree tree = builder.Build();

        Assert.Equal([102, 103, 104, 105, 106, 107, 108, 109, 110], Path(tree, nodes.Further[1].Chosen, tree.Positions)[7..]);
    }

    [Fact]
    public void Responses_and_later_turns_go_on_in_the_steps_of_the_scheme()
    {
        SampleTree builder = new();
        SampleNodes nodes = builder.Add(s_sample, new([0, 4, 8, 12, 16, 20, 24], Step: 4), null, scorePrompt: false);
        TokenTree tree = builder.Build();

        Assert.Equal([28, 32, 36], Path(tree, nodes.Rejected[1], tree.Positions)[7..]);
        Assert.Equal([28, 32, 36, 40, 44, 48, 52, 56, 60], Path(tree, nodes.Further[1].Chosen, tree.Positions)[7..]);
    }

    [Fact]
    public void No_turn_leaves_the_target_of_a_scheme_with_steps()
    {
        for (int n = 0; n < 50; n++)
        {
            SampleTree builder = new();
            SeededRandom random = SeededRandom.For(1, "turns", n);
            builder.Add(s_sample, new E2Llm(64, 4).Assign(s_sample.Shape, ref random), null, scorePrompt: false);

            Assert.InRange(builder.Build().Positions.Max(), s_sample.Shape.RealLength - 1, 63);
        }
    }

    [Theory]
    [InlineData(new[] { 30, 31 }, 9)] // 2 chosen, 1, 3, 2, and what is rejected last
    [InlineData(new[] { 30 }, 9)]
    public void The_shape_holds_the_longest_way_through_the_turns(int[] lastRejected, int expected)
    {
        SampleTokens sample = s_sample with { Further = [s_sample.Further[0], s_sample.Further[1] with { Rejected = [lastRejected] }] };

        Assert.Equal(expected + lastRejected.Length - 1, sample.Shape.LongestResponseTokens);
        Assert.Equal(40, (sample with { Rejected = [new int[40]] }).Shape.LongestResponseTokens);
    }

    [Fact]
    public void Log_probabilities_are_those_of_whole_sequences()
    {
        using DecoderModel model = SmallModel.Create();
        SampleTree builder = new();
        builder.Add(s_sample with { Further = [] }, s_plain, null, scorePrompt: false); // another sample in the same tree
        SampleNodes nodes = builder.Add(s_sample, s_plain, null, scorePrompt: true);
        TokenTree tree = builder.Build();
        float[] logProbs = model.LogProbs(tree);

        Assert.All(
            nodes.Turns.SelectMany(t => t.Rejected.Append(t.Chosen).Append(t.Prompt)),
            node =>
            {
                float[] whole = model.LogProbs(TokenTree.Sequence(Path(tree, node, tree.Tokens)));
                TokenNode at = tree.Nodes[node];
                Assert.True(at.ScoredCount >= at.Count - 1);
                Assert.Equal(
                    whole[^at.ScoredCount..],
                    logProbs[at.FirstScored..(at.FirstScored + at.ScoredCount)],
                    (a, b) => Math.Abs(a - b) < 1e-4);
            });
    }

    [Fact]
    public void The_tokens_along_the_chosen_responses_are_the_conversation_of_the_template()
    {
        ChatFormat format = ChatFormat.For(SmallTokenizer.Value);
        SampleTokens tokens = SampleTokens.Of(s_text, format, SmallTokenizer.Value.VocabSize);

        Assert.Single(tokens.Further);
        // BOS stands before the context here.
        int[] expected = format.Conversation([new("user", "Who?"), new("assistant", "She did."), new("user", "When was it?")])[1..];
        Assert.Equal(expected, tokens.Question.Concat(tokens.Chosen).Concat(tokens.Further[0].Question));
        Assert.Equal(format.Response("At night."), tokens.Further[0].Rejected.Single());
    }

    [Fact]
    public void The_reference_reads_each_turn_after_the_chunks_that_its_chosen_response_saw()
    {
        ChatFormat format = ChatFormat.For(SmallTokenizer.Value);
        IReadOnlyList<SampleTokens> turns = SampleTokens.ShortTurns(s_text, format, SmallTokenizer.Value.VocabSize);

        Assert.Equal([format.Prompt([9], "Who?"), format.Prompt([7, 8], "When was it?")], turns.Select(t => t.Prompt));
        Assert.Equal([format.Response("She did."), format.Response("At noon.")], turns.Select(t => t.Chosen));
        Assert.Equal([format.Response("He did."), format.Response("At night.")], turns.Select(t => t.Rejected.Single()));
    }

    [Theory]
    [InlineData("\"turns\":[]", "turns is empty")]
    [InlineData("\"turns\":[null]", "turns[0] is null")]
    [InlineData(
        "\"turns\":[{\"question\":\"q\",\"chosen\":\"c\",\"rejected\":[\"\"],\"seen\":{\"chosen\":[0],\"rejected\":[[0]]}}]",
        "turns[0].rejected[0] is empty"
    )]
    [InlineData(
        "\"turns\":[{\"question\":\"q\",\"chosen\":\"c\",\"rejected\":[\"r\"],\"seen\":{\"chosen\":[2],\"rejected\":[[0]]}}]",
        "turns[0].seen names chunk 2"
    )]
    public void Damaged_turns_are_named(string turns, string message)
    {
        string line = PreferenceLine.Format(s_text with { Turns = null });
        Assert.Contains(
            message,
            Assert.Throws<InputException>(() => PreferenceLine.Parse($"{line[..^1]},{turns}}}", "f:1")).Message,
            StringComparison.Ordinal);
    }

    static int[] Path(TokenTree tree, int node, IReadOnlyList<int> values)
    {
        TokenNode at = tree.Nodes[node];
        return [.. at.Parent < 0 ? [] : Path(tree, at.Parent, values), .. values.Skip(at.Start).Take(at.Count)];
    }
}
