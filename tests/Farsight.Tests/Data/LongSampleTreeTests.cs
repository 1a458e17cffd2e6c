using Farsight.Alignment.Data;
using Farsight.Alignment.Text;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Tests.Text;

namespace Farsight.Tests.Data;

public sealed class LongSampleTreeTests
{
    static readonly LongSampleTokens s_sample = new(
        "s", [1, 2], [[10, 11], [12]], [new([20, 21], [30, 31], [[40], [41, 42, 43]]), new([22], [32, 33, 34], [[44, 45]]), new([23, 24], [35], [[46]])]);

    static readonly PreferenceSample s_text = new(
        "two", [new("a", 0, [7, 8], 0, ChunkRole.Irrelevant), new("a", 1, [9], 0, ChunkRole.Relevant)], "Who?", "She did.", ["He did."],
        new(["a"], 1, 0, new([1], [[0, 1]])), null, [new("When was it?", "At noon.", ["At night."], new([0], [[0, 1]]))]);

    [Fact]
    public void Every_turn_continues_the_chosen_response_before_and_holds_its_responses_side_by_side()
    {
        LongSampleTree builder = new();
        LongSampleNodes nodes = builder.Add(s_sample, scorePrompts: false);
        TokenTree tree = builder.Build();

        Assert.Equal([1, 2, 10, 11, 12, 20, 21, 30, 31, 22, 32, 33, 34, 23, 24, 46], Path(tree, nodes.Turns[2].Rejected[0], tree.Tokens));
        Assert.Equal([1, 2, 10, 11, 12, 20, 21, 41, 42, 43], Path(tree, nodes.Turns[0].Rejected[1], tree.Tokens));
        Assert.All(nodes.Turns.SelectMany(t => t.Rejected.Append(t.Chosen)), leaf =>
        {
            int[] positions = Path(tree, leaf, tree.Positions);
            Assert.Equal(Enumerable.Range(0, positions.Length), positions);
            Assert.Equal(tree.Nodes[leaf].Count, tree.Nodes[leaf].ScoredCount);
        });
        Assert.All(nodes.Turns, t => Assert.Equal(0, tree.Nodes[t.Prompt].ScoredCount));
        Assert.Equal(s_sample.Count, tree.Count);
    }

    [Fact]
    public void Log_probabilities_are_those_of_whole_sequences()
    {
        using LlamaModel model = SmallModel.Create();
        LongSampleTree builder = new();
        builder.Add(s_sample with { Turns = s_sample.Turns.Take(1).ToArray() }, scorePrompts: false); // another sample in the same tree
        LongSampleNodes nodes = builder.Add(s_sample, scorePrompts: true);
        TokenTree tree = builder.Build();
        float[] logProbs = model.LogProbs(tree);

        Assert.All(nodes.Turns.SelectMany(t => t.Rejected.Append(t.Chosen).Append(t.Prompt)), node =>
        {
            float[] whole = model.LogProbs(TokenTree.Sequence(Path(tree, node, tree.Tokens)));
            TokenNode at = tree.Nodes[node];
            Assert.True(at.ScoredCount >= at.Count - 1);
            Assert.Equal(whole[^at.ScoredCount..], logProbs[at.FirstScored..(at.FirstScored + at.ScoredCount)], (a, b) => Math.Abs(a - b) < 1e-4);
        });
    }

    [Fact]
    public void The_tokens_along_the_chosen_responses_are_the_conversation_of_the_template()
    {
        ChatFormat format = ChatFormat.For(SmallTokenizer.Value);
        LongSampleTokens tokens = LongSampleTokens.Of(s_text, format, SmallTokenizer.Value.VocabSize);

        Assert.Equal(2, tokens.Turns.Count);
        int[] expected =
            format.Conversation([new("user", "Who?"), new("assistant", "She did."), new("user", "When was it?")])[1..]; // BOS stands before the context here
        Assert.Equal(expected, tokens.Turns[0].Question.Concat(tokens.Turns[0].Chosen).Concat(tokens.Turns[1].Question));
        Assert.Equal(format.Response("At night."), tokens.Turns[1].Rejected.Single());
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

    [Fact]
    public void Training_on_one_turn_refuses_a_sample_of_two() => Assert.Contains(
        "Sample two has 2 turns",
        Assert.Throws<InputException>(() => SampleTokens.Of(s_text, ChatFormat.For(SmallTokenizer.Value), SmallTokenizer.Value.VocabSize)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("\"turns\":[]", "turns is empty")]
    [InlineData("\"turns\":[null]", "turns[0] is null")]
    [InlineData("\"turns\":[{\"question\":\"q\",\"chosen\":\"c\",\"rejected\":[],\"seen\":{\"chosen\":[0],\"rejected\":[]}}]", "turns[0].rejected is empty")]
    [InlineData("\"turns\":[{\"question\":\"q\",\"chosen\":\"c\",\"rejected\":[\"r\"],\"seen\":{\"chosen\":[2],\"rejected\":[[0]]}}]", "turns[0].seen names chunk 2")]
    public void Damaged_turns_are_named(string turns, string message)
    {
        string line = PreferenceLine.Format(s_text with { Turns = null });
        Assert.Contains(message, Assert.Throws<InputException>(() => PreferenceLine.Parse($"{line[..^1]},{turns}}}", "f:1")).Message, StringComparison.Ordinal);
    }

    static int[] Path(TokenTree tree, int node, IReadOnlyList<int> values)
    {
        TokenNode at = tree.Nodes[node];
        return [.. at.Parent < 0 ? [] : Path(tree, at.Parent, values), .. values.Skip(at.Start).Take(at.Count)];
    }
}
