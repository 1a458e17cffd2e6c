using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Evaluation.Benchmarks.Judged;

public sealed class JudgedTaskTests : IDisposable
{
    readonly TaskData _data = new TaskData()
        .With("mt_bench/question.jsonl", """
            {"question_id": 81, "category": "writing", "turns": ["Write a line.", "Write it again."]}
            {"question_id": 111, "category": "math", "turns": ["1 + 1?", "Twice that?"]}
            """)
        .With("longbench_chat/test_cases.json", [new { idx = 2, prompt = "A long document. Who?", query = "Who?", answer = "Ann" }]);

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Both_turns_of_MT_Bench_are_judged_and_the_verdicts_kept()
    {
        EvalResults results = Run(
            "mt-bench",
            p => $"answer to {p}",
            j => $"Fine. [[{(j.Contains("Twice", StringComparison.Ordinal) ? 4 : 8)}]] or [[1]]");

        Assert.Equal([("81-1", 8), ("81-2", 8), ("111-1", 8), ("111-2", 4)], results.Examples.Select(e => (e.Id, e.Score)));
        Assert.Equal(7, results.Tasks[0].All.Mean);
        Assert.Equal(["answer to 1 + 1?"], results.Examples[3].Earlier!);
        Assert.Equal(("answer to Twice that?", "Fine. [[4]] or [[1]]"), (results.Examples[3].Completion, results.Examples[3].Verdict));
        Assert.All(results.Examples, e => Assert.Equal("Farsight's, not official", e.Groups["judge prompt"]));
        Assert.Equal(
            [("1", 8d), ("2", 6d)],
            results.Tasks[0].By.Where(c => c.Groups.ContainsKey("turn")).Select(c => (c.Groups["turn"], c.Mean!.Value)));
    }

    [Fact]
    public void The_users_judge_prompts_and_reference_answers_are_used()
    {
        _data.With("mt_bench/judge_prompts.jsonl", """
            {"name": "single-v1", "system_prompt": "s1", "prompt_template": "{question}={answer}"}
            {"name": "single-math-v1", "system_prompt": "s2", "prompt_template": "{question}={answer}:{ref_answer_1}"}
            {"name": "single-v1-multi-turn", "system_prompt": "s3", "prompt_template": "{question_1}={answer_1},{question_2}={answer_2}"}
            {"name": "single-math-v1-multi-turn", "system_prompt": "s4", "prompt_template": "{question_2}={answer_2}:{ref_answer_2}"}
            """);
        _data.With("mt_bench/reference_answer/gpt-4.jsonl", """{"question_id": 111, "choices": [{"turns": ["2", "4"]}]}""");
        IJudgedTask task = (IJudgedTask)EvalTaskCatalog.Get("mt-bench");
        EvalExample[] examples = [.. task.Examples(_data.Setting)];

        Assert.Equal(
            ["Write a line.=a", "Write a line.=a,Write it again.=b", "1 + 1?=a:2", "Twice that?=b:4"],
            examples.Select(e => task.Judge(e, e.Id.EndsWith('1') ? [" a\n"] : [" a\n", "b"])[1].Content));
        Assert.Equal("s4", task.Judge(examples[3], ["a", "b"])[0].Content);
        Assert.Equal([0.7f, 0.7f, 0, 0], examples.Select(e => e.Temperature));
        Assert.All(examples, e => Assert.Equal("official", e.Groups["judge prompt"]));
        Assert.Equal(["2", "4"], examples.SelectMany(e => e.References));
    }

    [Fact]
    public void A_verdict_without_a_rating_is_a_failure()
    {
        EvalResults results = Run("mt-bench", _ => "x", _ => "I like it.");

        Assert.Equal((4, 4), (results.Tasks[0].All.N, results.Tasks[0].All.Failed));
        Assert.All(results.Examples, e => Assert.Equal("I like it.", e.Verdict));
    }

    [Fact]
    public void LongBench_Chat_is_judged_beside_rated_answers_on_one_line()
    {
        _data
            .With("longbench_chat/prompt_fs.txt", "Q {} R {} A {} [[{}]] A {} [[{}]] now {} rate")
            .With("longbench_chat/system.txt", "be fair\n")
            .With("longbench_chat/few_shots.json", """[[], [{"answer": "Bob", "score": 1}, {"answer": "Ann {}", "score": 10}]]""");
        IJudgedTask task = (IJudgedTask)EvalTaskCatalog.Get("longbench-chat");
        EvalExample example = Assert.Single(task.Examples(_data.Setting));

        Assert.Equal(
            [("system", "be fair"), ("user", "Q Who? R Ann A Bob [[1]] A Ann {} [[10]] now It was Ann. rate")],
            task.Judge(example, [" It was\nAnn.\n"]).Select(t => (t.Role, t.Content)));
        Assert.Same(PromptCuts.LongBenchMiddle, ((EvalPrompt.Messages)example.Prompt).Cut);
        Assert.Equal(("A long document. Who?", "official"), (TaskData.Asked(example.Prompt), example.Groups["judge prompt"]));
    }

    [Fact]
    public void LongBench_Chat_takes_the_last_rating_and_says_whose_words_the_judge_was_asked_in()
    {
        EvalResults results = Run(
            "longbench-chat",
            _ => "Ann",
            j => j.Contains("right answer to the last question:\nAnn", StringComparison.Ordinal) ? "[[3]], no: [[Rating 7.5]]" : "");

        Assert.Equal((7.5, "Farsight's, not official"), (results.Examples[0].Score, results.Examples[0].Groups["judge prompt"]));
        Assert.False(results.Tasks[0].IsShare);
    }

    [Fact]
    public void Files_that_do_not_fit_together_are_named()
    {
        _data
            .With("longbench_chat/prompt_fs.txt", "{} {}")
            .With("longbench_chat/few_shots.json", """[[], [{"answer": "Bob", "score": 1}]]""");
        Assert.StartsWith(
            "longbench_chat/prompt_fs.txt has 2 placeholders, but there are 5 values;",
            Assert.Throws<InputException>(() => Examples("longbench-chat")).Message);

        _data.With("longbench_chat/few_shots.json", "[]");
        Assert.Contains(
            "rated answers in longbench_chat/few_shots.json under its number 2",
            Assert.Throws<InputException>(() => Examples("longbench-chat")).Message);

        _data.With("mt_bench/judge_prompts.jsonl", """
            {"name": "single-v1", "system_prompt": "", "prompt_template": "{reply}"}
            {"name": "single-v1-multi-turn", "system_prompt": "", "prompt_template": "{reply}"}
            {"name": "single-math-v1", "system_prompt": "", "prompt_template": "{reply}"}
            """);
        IJudgedTask task = (IJudgedTask)EvalTaskCatalog.Get("mt-bench");
        Assert.StartsWith(
            "mt_bench/judge_prompts.jsonl uses the placeholder {reply}",
            Assert.Throws<InputException>(() => task.Judge(Examples("mt-bench")[0], ["a"])).Message);

        _data.With("mt_bench/judge_prompts.jsonl", [new { name = "pair-v2" }]);
        Assert.StartsWith(
            "mt_bench/judge_prompts.jsonl has no prompt 'single-v1';",
            Assert.Throws<InputException>(() => Examples("mt-bench")).Message);
    }

    EvalExample[] Examples(string task) => [.. EvalTaskCatalog.Get(task).Examples(_data.Setting)];

    EvalResults Run(string task, Func<string, string> answer, Func<string, string> verdict)
    {
        using IChatClient client = new ScriptedChat(answer), judge = new ScriptedChat(verdict);
        EvalPlan plan = new("scripted", [EvalTaskCatalog.Get(task)], [4096], "none", _data.Setting);
        EvalJudge reader = new(judge.AsLanguageModel("a judge"));
        return new EvalRunner(client.AsLanguageModel("scripted"), new EndpointPrompts(null, new()), null, reader).Run(plan);
    }
}
