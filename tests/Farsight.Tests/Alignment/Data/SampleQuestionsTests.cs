using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Tests.Text.Tokenizers;
using Farsight.Text.Conversations;

namespace Farsight.Tests.Alignment.Data;

public sealed class SampleQuestionsTests : IDisposable
{
    static readonly SampleTokens s_sample = new("s", [1, 2], [[10, 11], [12]], [20, 21, 22], [30, 31], [[40], [41, 42, 43]])
    {
        Questions = [new([20, 21, 23, 24], [32], [[44, 45], [47]]), new([20, 25], [33, 34, 35], [[46], [48, 49]])],
    };

    // Prefix, chunks and the one token with which all questions begin.
    static readonly PromptPositions s_shared = new([0, 1, 50, 51, 90, 91]);

    static readonly PreferenceSample s_text = new(
        "two", [new("a", 0, [7, 8], 0, ChunkRole.Irrelevant), new("a", 1, [9], 0, ChunkRole.Relevant)], "Who was it?", "She was.",
        ["He was."], new(["a"], 1, 0, new([1], [[0, 1]]), Judge: new("judge", true, "")), "The text.\n\nWho was it?",
        Questions: [new("When was it?", "At noon.", ["At night."], new([0], [[0, 1]]), QuestionOrigin.Document)]);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Questions_are_branches_of_what_they_share_and_hold_their_responses()
    {
        (TokenTree tree, IReadOnlyList<SampleNodes> questions) = Tree(s_sample, s_shared, scorePrompt: false);

        Assert.Equal(3, questions.Count);
        Assert.All(questions, q => Assert.Equal(questions[0].Shared, tree.Nodes[q.Prompt].Parent));
        Assert.Equal([1, 2, 10, 11, 12, 20], Path(tree, questions[0].Shared!.Value, tree.Tokens));
        Assert.Equal([1, 2, 10, 11, 12, 20, 21, 22, 41, 42, 43], Path(tree, questions[0].Rejected[1], tree.Tokens));
        Assert.Equal([1, 2, 10, 11, 12, 20, 21, 23, 24, 32], Path(tree, questions[1].Chosen, tree.Tokens));
        Assert.Equal([1, 2, 10, 11, 12, 20, 25, 48, 49], Path(tree, questions[2].Rejected[1], tree.Tokens));
        Assert.Equal(s_sample.Count(null), tree.Count);
    }

    [Theory, InlineData(1), InlineData(4)]
    public void Every_question_continues_the_positions_of_what_they_share_in_the_steps_of_the_scheme(int step)
    {
        PromptPositions positions = s_shared with { Step = step };
        (TokenTree tree, IReadOnlyList<SampleNodes> questions) = Tree(s_sample, positions, scorePrompt: false);

        foreach ((SampleTokens alone, SampleNodes nodes) in Alone(s_sample).Zip(questions))
        {
            int own = alone.Question.Length - 1;
            (TokenTree single, IReadOnlyList<SampleNodes> expected) = Tree(
                alone, positions with { Prompt = [.. positions.Prompt, .. positions.Behind(0, own)] }, scorePrompt: false);
            foreach ((int node, int same) in nodes.Rejected.Append(nodes.Chosen).Zip(expected[0].Rejected.Append(expected[0].Chosen)))
            {
                Assert.Equal(Path(single, same, single.Tokens), Path(tree, node, tree.Tokens));
                Assert.Equal(Path(single, same, single.Positions), Path(tree, node, tree.Positions));
            }
        }
    }

    [Fact]
    public void Log_probabilities_are_those_of_the_questions_in_trees_of_their_own()
    {
        using DecoderModel model = SmallModel.Create();
        (TokenTree tree, IReadOnlyList<SampleNodes> questions) = Tree(s_sample, s_shared, scorePrompt: true);
        float[] logProbs = model.LogProbs(tree);

        foreach ((SampleTokens alone, SampleNodes nodes) in Alone(s_sample).Zip(questions))
        {
            (TokenTree single, IReadOnlyList<SampleNodes> expected) = Tree(
                alone, new([.. s_shared.Prompt, .. s_shared.Behind(0, alone.Question.Length - 1)]), scorePrompt: true);
            float[] ofSingle = model.LogProbs(single);

            Assert.Equal(Scored(single, expected[0].Prompts, ofSingle), Scored(tree, nodes.Prompts, logProbs), IsNear);
            Assert.Equal(Scored(single, [expected[0].Chosen], ofSingle), Scored(tree, [nodes.Chosen], logProbs), IsNear);
            Assert.Equal(Scored(single, expected[0].Rejected, ofSingle), Scored(tree, nodes.Rejected, logProbs), IsNear);
        }
    }

    [Fact]
    public void The_shape_holds_what_is_shared_and_the_longest_branch()
    {
        PromptShape shape = s_sample.Shape;

        Assert.Equal((2, 1, 6, 5), (shape.PrefixTokens, shape.QuestionTokens, shape.PromptTokens, shape.LongestResponseTokens));
        Assert.Equal(Alone(s_sample).Max(s => s.Shape.RealLength), shape.RealLength);
        Assert.Equal(
            "1 of 1 samples are longer than the window of the model (10 tokens); the longest, 's', has 11. They are not cut. To extend "
                + "the window, set rope.",
            WindowNotice.Of([s_sample], 10));
        for (int n = 0; n < 50; n++)
        {
            SeededRandom random = SeededRandom.For(1, "questions", n);
            (TokenTree tree, _) = Tree(s_sample, new E2Llm(64, 4).Assign(shape, ref random), scorePrompt: false);
            Assert.InRange(tree.Positions.Max(), shape.RealLength - 1, 63);
        }
    }

    [Fact]
    public void A_question_that_another_one_begins_with_keeps_its_last_token()
    {
        SampleTokens sample = s_sample with { Questions = [new([20, 21], [32], [[44]]), new([20, 21, 22], [33], [[45]])] };
        (TokenTree tree, IReadOnlyList<SampleNodes> questions) = Tree(sample, s_shared, scorePrompt: false);

        Assert.Equal([2, 1, 2], questions.Select(q => tree.Nodes[q.Prompt].Count));
    }

    [Fact]
    public void The_prompt_of_every_question_is_the_one_in_use()
    {
        ChatFormat format = ChatFormat.For(SmallTokenizer.Value);
        SampleTokens tokens = SampleTokens.Of(s_text, format, SmallTokenizer.Value.VocabSize);

        Assert.Equal(["two", "two#2"], tokens.QuestionIds);
        Assert.Equal([format.QuestionAndTurn("Who was it?"), format.QuestionAndTurn("When was it?")], tokens.All.Select(q => q.Question));
        Assert.True(tokens.SharedQuestionTokens > 0);
        Assert.Equal(format.Response("At noon."), tokens.Questions[0].Chosen);
        Assert.Equal(format.Prompt([7, 8, 9], "Who was it?"), tokens.Prompt);
    }

    [Fact]
    public void Questions_without_a_context_share_the_beginning_of_their_conversation()
    {
        ChatFormat format = ChatFormat.For(SmallTokenizer.Value);
        PreferenceSample sample = s_text with
        {
            Context = [],
            Prompt = null,
            History = [new("user", "Hello"), new("assistant", "Yes?")],
            Provenance = s_text.Provenance with { Seen = new([], [[]]) },
            Questions = [s_text.Questions![0] with { Seen = new([], [[]]) }],
        };
        SampleTokens tokens = SampleTokens.Of(sample, format, SmallTokenizer.Value.VocabSize);
        int[] expected = format.Conversation([.. sample.History!, new("user", "When was it?")]);

        Assert.Equal(expected, tokens.Questions[0].Question);
        Assert.Equal(expected[..tokens.SharedQuestionTokens], tokens.Shared);
    }

    [Fact]
    public void The_reference_reads_each_question_after_the_chunks_that_its_chosen_response_saw()
    {
        ChatFormat format = ChatFormat.For(SmallTokenizer.Value);
        IReadOnlyList<SampleTokens> questions = SampleTokens.ShortTurns(s_text, format, SmallTokenizer.Value.VocabSize);

        Assert.Equal([format.Prompt([9], "Who was it?"), format.Prompt([7, 8], "When was it?")], questions.Select(t => t.Prompt));
        Assert.Equal([format.Response("She was."), format.Response("At noon.")], questions.Select(t => t.Chosen));
    }

    [Fact]
    public void A_sample_is_split_into_one_sample_for_each_question()
    {
        IReadOnlyList<PreferenceSample> split = s_text.SplitQuestions();

        Assert.Equal([("two", "Who was it?"), ("two#2", "When was it?")], split.Select(s => (s.Id, s.Question)));
        Assert.Equal("The text.\n\nWhen was it?", split[1].Prompt);
        Assert.Equal((QuestionOrigin.Document, null), (split[1].Provenance.Question, split[1].Provenance.Judge));
        Assert.NotNull(split[0].Provenance.Judge);
        Assert.All(split, s => Assert.Empty(s.Problems()));
        Assert.Null((s_text with { Prompt = "Other." }).SplitQuestions()[1].Prompt);
        Assert.Equal(s_text.Questions![0].Question, PreferenceLine.Parse(PreferenceLine.Format(s_text), "f:1").Questions![0].Question);
    }

    [Theory]
    [InlineData("\"questions\":[]", "questions is empty")]
    [InlineData("\"questions\":[null]", "questions[0] is null")]
    [InlineData(
        "\"questions\":[{\"question\":\" \",\"chosen\":\"c\",\"rejected\":[],\"seen\":{\"chosen\":[0],\"rejected\":[]}}]",
        "questions[0].question is empty"
    )]
    [InlineData(
        "\"questions\":[{\"question\":\"q\",\"chosen\":\"c\",\"rejected\":[\"r\"],\"seen\":{\"chosen\":[2],\"rejected\":[[0]]}}]",
        "questions[0].seen names chunk 2"
    )]
    [InlineData("\"questions\":[ONE],\"turns\":[ONE]", "turns and questions are both given")]
    public void Damaged_questions_are_named(string questions, string message)
    {
        const string One = "{\"question\":\"q\",\"chosen\":\"c\",\"rejected\":[],\"seen\":{\"chosen\":[0],\"rejected\":[]}}";
        string line = PreferenceLine.Format(s_text with { Questions = null });
        Assert.Contains(
            message,
            Assert.Throws<InputException>(() => PreferenceLine.Parse(
                $"{line[..^1]},{questions.Replace("ONE", One, StringComparison.Ordinal)}}}", "f:1")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_id_of_a_question_is_not_that_of_another_sample()
    {
        File.WriteAllLines(
            _folder["d.jsonl"],
            [PreferenceLine.Format(s_text), PreferenceLine.Format(s_text with { Id = "two#2", Questions = null })]);

        Assert.Contains(
            ":2: the id 'two#2' is also the id of line 1",
            Assert.Throws<InputException>(() => PreferenceDataset.Read(_folder["d.jsonl"])).Message,
            StringComparison.Ordinal);
    }

    static (TokenTree Tree, IReadOnlyList<SampleNodes> Questions) Tree(SampleTokens sample, PromptPositions positions, bool scorePrompt)
    {
        SampleTree builder = new();
        IReadOnlyList<SampleNodes> questions = builder.Add(sample, positions, null, scorePrompt);
        return (builder.Build(), questions);
    }

    static IEnumerable<SampleTokens> Alone(SampleTokens sample) => sample.All.Select(q =>
        sample with { Question = q.Question, Chosen = q.Chosen, Rejected = q.Rejected, Questions = [] });

    static float[] Scored(TokenTree tree, IEnumerable<int> nodes, float[] logProbs) =>
        [.. nodes.SelectMany(n => logProbs.Skip(tree.Nodes[n].FirstScored).Take(tree.Nodes[n].ScoredCount))];

    static bool IsNear(float a, float b) => Math.Abs(a - b) < 1e-5;

    static int[] Path(TokenTree tree, int node, IReadOnlyList<int> values)
    {
        TokenNode at = tree.Nodes[node];
        return [.. at.Parent < 0 ? [] : Path(tree, at.Parent, values), .. values.Skip(at.Start).Take(at.Count)];
    }
}
