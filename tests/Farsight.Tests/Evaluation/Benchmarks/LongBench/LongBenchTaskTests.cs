using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBench;

public sealed class LongBenchTaskTests : IDisposable
{
    static readonly string[] s_sets = ["hotpotqa", "samsum", "trec", "vcsum"];

    readonly TaskData _data = new TaskData()
        .With(
            "longbench/dataset2prompt.json",
            """
            {"hotpotqa": "Read {context} and say {input}", "samsum": "{context}/{input}", "trec": "{context}\n{input}",
             "vcsum": "{context}"}
            """)
        .With("longbench/dataset2maxlen.json", """{"hotpotqa": 32, "samsum": 128, "trec": 64, "vcsum": 512}""");

    public void Dispose() => _data.Dispose();

    [Fact]
    public void The_official_file_is_read_before_the_sample_and_the_sample_by_its_sets()
    {
        _data.With("longbench/minilongbench_as_longbench.jsonl", s_sets.Select(s => Record(s, $"from the sample, {s}")));
        _data.With("longbench/data/hotpotqa.jsonl", [Record("hotpotqa", "one"), Record("hotpotqa", "two")]);

        Assert.Equal(
            ["Read one and say {context}?", "Read two and say {context}?"],
            Examples("hotpotqa").Select(e => TaskData.Asked(e.Prompt)));
        Assert.Equal("from the sample, trec\n{context}?", TaskData.Asked(Assert.Single(Examples("trec")).Prompt));
        Assert.Equal(["same", "same/1"], Examples("hotpotqa").Select(e => e.Id));
    }

    [Fact]
    public void An_example_has_its_sets_budget_groups_classes_and_way_of_asking()
    {
        _data.With("longbench/minilongbench_as_longbench.jsonl", s_sets.Select(s => Record(s, "context")));
        EvalExample hops = Examples("hotpotqa")[0], types = Examples("trec")[0], dialogue = Examples("samsum")[0];

        Assert.Equal((32, 64, 128), (hops.MaxNewTokens, types.MaxNewTokens, dialogue.MaxNewTokens));
        Assert.Equal([true, false, false], new[] { hops, types, dialogue }.Select(e => ((EvalPrompt.Messages)e.Prompt).UseChatTemplate));
        Assert.All([hops, types, dialogue], e => Assert.Same(PromptCuts.LongBenchMiddle, ((EvalPrompt.Messages)e.Prompt).Cut));
        Assert.Equal("4-8k", hops.Groups["bucket"]);
        Assert.Equal((1, "\n"), (dialogue.MinNewTokens, dialogue.Stop[0]));
        Assert.Equal((0, 0), (types.MinNewTokens, types.Stop.Count));
        Assert.Equal(0.5, ((IGeneratedTask)EvalTaskCatalog.Get("trec")).Score(types, "Food or Date\nCity").Value);
    }

    [Fact]
    public void Scores_are_official_with_the_clean_ones_beside_them()
    {
        _data.With("longbench/minilongbench_as_longbench.jsonl", s_sets.Select(s => Record(s, "context")));
        EvalScore score = ((IGeneratedTask)EvalTaskCatalog.Get("hotpotqa")).Score(Examples("hotpotqa")[0] with { References = ["A"] }, "A");

        Assert.Equal((0, 1), (score.Value, score.Beside["clean"]));
    }

    [Fact]
    public void LongBench_E_reads_its_own_files_only()
    {
        _data.With("longbench/minilongbench_as_longbench.jsonl", [Record("trec", "context")]);
        Assert.Contains("longbench/data/trec_e.jsonl is missing", Assert.Throws<InputException>(() => Examples("trec_e")).Message);

        _data.With("longbench/data/trec_e.jsonl", [Record("trec", "even")]);
        Assert.Equal("even\n{context}?", TaskData.Asked(Examples("trec_e")[0].Prompt));
        Assert.Equal(13, EvalTaskCatalog.Find("longbench-e").Count);
    }

    [Fact]
    public void Sets_of_chinese_words_name_jiebas_folder_and_stand_apart()
    {
        Assert.Equal(
            ["dureader", "lsht", "multifieldqa_zh", "passage_retrieval_zh", "vcsum"],
            EvalTaskCatalog.Find("longbench-zh").Select(t => t.Card.Name));
        Assert.Equal(
            ["dureader", "multifieldqa_zh", "vcsum"],
            EvalTaskCatalog.Find("longbench-zh").Where(t => t.Card.Data.Any(d => d.Path == "jieba/")).Select(t => t.Card.Name));
        Assert.Equal(16, EvalTaskCatalog.Find("longbench").Count);
    }

    [Fact]
    public void What_a_record_lacks_is_said_with_its_place()
    {
        _data.With("longbench/data/trec.jsonl", """
            {"context": "x", "input": "y", "answers": ["z"], "length": 10, "all_classes": ["z"]}
            {"context": "x", "input": "y", "answers": ["z"], "length": "long", "all_classes": ["z"]}
            """);
        Assert.StartsWith(
            "longbench/data/trec.jsonl, record 2 lacks a whole number 'length';",
            Assert.Throws<InputException>(() => Examples("trec")).Message);

        _data.With("longbench/dataset2prompt.json", """{"trec": "{context} {question}"}""");
        Assert.StartsWith(
            "longbench/dataset2prompt.json uses placeholders other than {context} and {input};",
            Assert.Throws<InputException>(() => Examples("trec")).Message);

        _data.With("longbench/dataset2prompt.json", "{}");
        Assert.StartsWith(
            "longbench/dataset2prompt.json has no entry for trec;",
            Assert.Throws<InputException>(() => Examples("trec")).Message);
    }

    [Theory]
    [
        InlineData("a\nb", 0, "a"),
        InlineData("\na\nb", 0, ""),
        InlineData("\na\nb", 1, "\na"),
        InlineData("\n\n", 1, "\n\n"),
        InlineData("ab", 1, "ab")
    ]
    public void A_stop_text_at_the_beginning_counts_unless_tokens_must_come_first(string text, int least, string expected) =>
        Assert.Equal(expected, new GenerationOptions(8) { Stop = ["\n"], MinNewTokens = least }.BeforeStop(text, out _));

    [Fact]
    public void Means_weigh_kinds_alike_and_need_all_kinds()
    {
        IEvalTaskFamily family = EvalTaskCatalog.Families.Single(f => f.Tasks.Any(t => t.Card.Name == "hotpotqa"));
        string[] sets = ["qasper", "narrativeqa", "hotpotqa", "gov_report", "trec", "passage_count"];
        TaskResult[] results = [.. sets.Select((s, i) => Result(s, 0.1 * (i + 1)))];

        BenchmarkMean[] means = [.. family.Means(results)];

        Assert.Equal(
            ["longbench questions on one document", "longbench without code, kinds alike", "longbench without code, sets alike"],
            means.Select(m => m.Name));
        Assert.Equal((2, 0.15), (means[0].Tasks.Count, Math.Round(means[0].Mean, 12)));
        Assert.Equal((6, (0.15 + 0.3 + 0.4 + 0.5 + 0.6) / 5), (means[1].Tasks.Count, means[1].Mean), s_near);
        Assert.Equal((6, 0.35), (means[2].Tasks.Count, means[2].Mean), s_near);
        Assert.Equal("longbench, kinds alike", family.Means([.. results, Result("lcc", 0.7)]).Last().Name);
        Assert.Empty(family.Means([.. results.Skip(3), Result("vcsum", 1)]));
    }

    static readonly IEqualityComparer<(int, double)> s_near = EqualityComparer<(int, double)>.Create(
        (a, b) => a.Item1 == b.Item1 && Math.Abs(a.Item2 - b.Item2) < 1e-12);

    static TaskResult Result(string task, double mean) =>
        new(
            task,
            1,
            task,
            "",
            null,
            new(new Dictionary<string, string>(), 1, 0, mean, null, null, new Dictionary<string, double>()),
            [],
            []);

    [Fact]
    public void Samsum_ends_at_the_token_of_a_line_feed_that_is_not_its_first()
    {
        _data.With("longbench/minilongbench_as_longbench.jsonl", [Record("samsum", "context"), Record("trec", "context")]);
        List<CompletionRequest> asked = [];
        ScriptedCompleter completer = new(r =>
        {
            asked.Add(r);
            return "\nFood is here.\nDialogue: next";
        });

        EvalResults results = EvalSamples
            .Runner(completer)
            .Run(new("scripted", [EvalTaskCatalog.Get("samsum"), EvalTaskCatalog.Get("trec")], [4096], "none", _data.Setting));

        Assert.Equal(
            [(1, "\n"), (0, "")],
            asked.Select(r => (r.Options.MinNewTokens, string.Concat(r.Options.StopTokens.Select(t => (char)t)))));
        Assert.Equal(["\nFood is here.", "\nFood is here.\nDialogue: next"], results.Examples.Select(e => e.Completion));
        Assert.Equal(1, results.Examples[1].Score);
    }

    static object Record(string set, string context) => new
    {
        input = "{context}?",
        context,
        answers = new[] { "Food" },
        length = 4000,
        dataset = set,
        all_classes = set == "trec" ? new[] { "Food", "Date", "City" } : null,
        _id = "same",
    };

    EvalExample[] Examples(string task) => [.. EvalTaskCatalog.Get(task).Examples(_data.Setting)];
}
