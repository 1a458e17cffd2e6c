using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.RetrievalHeads;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.RetrievalHeads;

public sealed class RetrievalHeadsTests : IDisposable
{
    const string Original = "retrieval-heads/original";

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_head_copies_what_it_looks_at_inside_the_needle()
    {
        // Prompt 5 6 7 8 7 with the needle 6 7 8; answer 7 8 9 7.
        HeadTrace trace = new(2, 2, [5, 6, 7, 8, 7], [7, 8, 9, 7],
        [
            [2, 1, 4, 2], // 7: heads 0 and 3 look at the needle's 7, head 1 at another token of it, head 2 at the 7 behind it
            [3, 3, 3, 5], // 8: head 3 looks at the answer
            [2, 2, 2, 2], // 9 stands nowhere
            [2, 3, 2, 4],
        ]);

        Assert.Equal([1, 1 / 3.0, 2 / 3.0, 1 / 3.0], CopyScore.Of(trace, 1, 4));
        Assert.Equal([0, 0, 0, 0], CopyScore.Of(trace, -1, -1));
    }

    [Fact]
    public void A_head_copies_from_any_of_several_needles_and_their_tokens_count_together()
    {
        // Needles 6 7 and 8 9; the answer is 6 7 8 9. Head 0 copies three of four tokens, head 1 looks beside the needles.
        HeadTrace trace = new(1, 2, [5, 6, 7, 5, 8, 9, 5], [6, 7, 8, 9], [[1, 0], [2, 3], [4, 6], [4, 0]]);

        Assert.Equal([3 / 4.0, 0], CopyScore.Of(trace, [(1, 3), (4, 6)]));
    }

    [Fact]
    public void Given_answers_count_in_every_example_and_heads_above_a_tenth_make_the_score()
    {
        IAggregatedTask task = (IAggregatedTask)EvalTaskCatalog.Get("retrieval-heads/given");

        // Means: 0.4, 0.25, 0.05; the mean of the two above 0.1 is 0.325. The model has 2 layers of 6 heads.
        EvalScore score = task.Aggregate([Run(("0-0", 0.8), ("1-1", 0.5)), Run(("0-5", 0.1))]);

        Assert.Equal(0.325, score.Value, 1e-12);
        Assert.Equal(2, score.Beside["heads above 0.1"]);
        Assert.Equal(0.07, score.Beside["ten best"], 1e-12);

        static ScoredExample Run(params (string Head, double Score)[] heads) => new(
            "", new Dictionary<string, string>(), new(0, new Dictionary<string, double>(
                heads.Select(h => KeyValuePair.Create(h.Head, h.Score))
                    .Concat([KeyValuePair.Create("layers", 2.0), KeyValuePair.Create("heads", 6.0)]))));
    }

    [Fact]
    public void A_given_answer_says_all_values_of_one_key_and_each_sentence_stands_in_the_prompt()
    {
        EvalExample example = EvalTaskCatalog.Get("retrieval-heads/given").Examples(Setting([0])).First();

        int[] prompt = [.. ((EvalPrompt.Tokens)example.Prompt).Ids], spans = CopyScore.Read(example, "needle spans");
        string[] sentences = [.. spans.Chunk(2).Select(s => EvalSamples.Text.Decode(prompt.AsSpan(s[0], s[1] - s[0])).Trim())];
        Assert.Equal(3, sentences.Distinct().Count());
        Assert.Single(sentences.Select(s => s.Split(" is ")[0]).Distinct());
        Assert.Equal(string.Join(' ', sentences), example.References[0]);
        Assert.Equal(example.References[0], EvalSamples.Text.Decode([.. example.GivenAnswer!]).Trim());
        Assert.Contains(example.Question, EvalSamples.Text.Decode(prompt), StringComparison.Ordinal);
    }

    [Fact]
    public void A_needle_is_found_where_nine_tenths_of_its_tokens_stand()
    {
        int[] needle = [.. Enumerable.Range(100, 12)];

        Assert.Equal((5, 17), CopyScore.Find([1, 2, 3, 4, 5, 99, .. needle[1..], 7, 8], needle));  // 11 of 12, the first is another
        Assert.Equal((4, 16), CopyScore.Find([1, 2, 3, 4, 5, .. needle, 7, 8], needle));           // the window before has 11 of 12 as well
        Assert.Equal((-1, -1), CopyScore.Find([1, 2, 98, 99, .. needle[2..], 7, 8], needle));      // 10 of 12
    }

    [Fact]
    public void Recall_counts_each_token_as_often_as_it_was_said() =>
        Assert.Equal(0.75, CopyScore.Recall([1, 1, 2, 3], [3, 1, 1, 9, 1]));

    [Fact]
    public void A_model_with_one_head_that_copies_has_one_retrieval_head()
    {
        EvalResults results = Run(Copier(), "retrieval-heads");

        Assert.All(results.Examples, e => Assert.Equal((null, 1, 1), (e.Failed, e.Beside["counted"], e.Beside["recall"])));
        HeadScores scores = HeadScores.Read(_folder["out"]);
        Assert.Equal((2, 6, results.Examples.Count), (scores.Layers, scores.Heads, scores.Runs));
        Assert.Equal([(new(1, 4), 1.0)], scores.Ranking.Where(r => r.Score > 0));
        Assert.Equal(
            (0.1, 1.0, 1.0, 1 / 12.0),
            (
                results.Tasks[0].All.Mean!.Value,
                results.Tasks[0].All.Beside["counted"],
                results.Tasks[0].All.Beside["recall"],
                results.Tasks[0].All.Beside["> 0.1"]));
    }

    [Fact]
    public void A_model_that_finds_nothing_has_no_runs()
    {
        EvalResults results = Run(Copier(says: "The special magic number for me is 7."), "retrieval-heads");

        Assert.Equal(0, results.Tasks[0].All.Mean);
        Assert.Equal(0, HeadScores.Read(_folder["out"]).Runs);
        Assert.Equal(12, HeadScores.Read(_folder["out"]).Ranking.Count);
    }

    [Fact]
    public void A_completer_without_attention_fails_every_example_and_says_why() => Assert.All(
        Run(new ScriptedCompleter(ScriptedCompleter.Read), "retrieval-heads").Examples,
        e => Assert.Contains("this model does not return its attention weights", e.Failed));

    [Fact]
    public void A_model_that_shows_no_heads_is_refused()
    {
        EvalRunner endpoint = new(new ScriptedChat(_ => "").AsLanguageModel("served"), new EndpointPrompts(null, new()));

        InputException e = Assert.Throws<InputException>(() => endpoint.Run(EvalSamples.Plan("retrieval-heads")));
        Assert.Contains("retrieval-heads measures the model's attention, which an endpoint does not return", e.Message);
    }

    [Fact]
    public void The_papers_needles_stand_behind_a_full_stop_and_are_asked_for()
    {
        EvalExample[] examples = [.. Examples(depths: [0, 1 / 3.0, 1])];

        Assert.Equal(["3000-0-0", "3000-0-1", "3000-0.33-0", "3000-0.33-1", "3000-1-0", "3000-1-1"], examples.Select(e => e.Id));
        string[] texts = [.. examples.Select(e => ((EvalPrompt.Messages)e.Prompt).Turns[0].Content)];
        Assert.StartsWith("The lamp of the inn is green.", texts[0]);
        Assert.StartsWith("A tale of folder 2. ", texts[3]);
        Assert.Contains(".The door of the mill is blue.", texts[3]);
        Assert.EndsWith("The lamp of the inn is green.Based on the content of the book, Question: How is the lamp ?\nAnswer:", texts[4]);
        Assert.All(texts, t => Assert.InRange(t.Length, 2700, 3000));
        Assert.Equal(["\n"], examples[0].Stop);
    }

    [Fact]
    public void What_comes_behind_the_end_of_an_answer_is_not_looked_at()
    {
        EvalResults results = Run(
            Copier(says: "the inn is green.\nThe lamp of the inn is green.", needle: "The lamp of the inn is green."),
            Original);

        EvalRecord run = results.Examples.First(e => e.Question.StartsWith("How is the lamp"));
        Assert.Equal("the inn is green.", run.Completion);
        // "the inn is green" of 29 places; the window that is found begins one early
        Assert.Equal((0.0, 16 / 29.0), (run.Beside.GetValueOrDefault("0-0"), run.Beside["1-4"]));
    }

    EvalResults Run(ILanguageModel model, string task) =>
        new EvalRunner(
            model,
            new PromptMaker(EvalSamples.Text, EvalSamples.Text, new(Window: 100_000)),
            new(Examples: 2)
        ).Run(EvalSamples.Plan(task) with { Lengths = [3000], Setting = Setting([0, 1]) }, _folder["out"]);

    IEnumerable<EvalExample> Examples(double[] depths) => EvalTaskCatalog.Get(Original).Examples(Setting(depths));

    EvalSetting Setting(double[] depths)
    {
        for (int i = 1; i <= 3; i++)
        {
            Directory.CreateDirectory(_folder[$"data/retrieval_head/part{i}"]);
            File.WriteAllText(
                _folder[$"data/retrieval_head/part{i}/p1.txt"],
                string.Concat(Enumerable.Repeat($"A tale of folder {i}. It was long and nothing came of it. ", 20)));
        }
        File.WriteAllText(_folder["data/retrieval_head/needles.jsonl"],
            """
            {"needle": "The lamp of the inn is green.", "question": "How is the lamp ?", "real_needle": "The lamp of the inn is green."}
            {"needle": "The door of the mill is blue.", "question": "How is the door ?", "real_needle": "The door of the mill is blue."}

            """);
        return EvalSamples.Setting with
        {
            Length = 3000,
            Depths = depths,
            Data = new(_folder["data"]),
            Samples = 2,
            Haystack = EvalSamples.HaystackOf(documents: 20),
        };
    }

    /// <summary>Head 4 of layer 1 looks at the token that is said, in the needle; the others look at the beginning.</summary>
    static ScriptedCompleter Copier(string? says = null, string? needle = null) => ScriptedCompleter.Completing(request =>
    {
        string answer = says ?? ScriptedCompleter.Read(request);
        int[] prompt = [.. ScriptedCompleter.PromptOf(request)],
            tokens = says is null ? EvalSamples.Text.Encode(" " + answer) : EvalSamples.Text.Encode(answer);
        int[] wanted = EvalSamples.Text.Encode(needle ?? " " + answer);
        int at = prompt.AsSpan().IndexOf(wanted),
            from = needle is null ? 0 : Math.Max(0, needle.Length - answer.Split('\n')[0].Length);
        List<int[]> peaks =
        [
            .. tokens.Select(
                (_, t) =>
                    Enumerable.Range(0, 12).Select(h => h == 10 && at >= 0 ? Math.Min(at + from + t, prompt.Length - 1) : 0).ToArray()),
        ];
        return new(answer, FinishReason.Stop)
        {
            Tokens = tokens,
            Heads = request.ObservesHeads ? new(2, 6, prompt, tokens, peaks) : null,
        };
    });
}
