using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Text.Conversations;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongGenBench;

public sealed class LongGenBenchTests(ITestOutputHelper output)
{
    static readonly IGeneratedTask s_maths = (IGeneratedTask)EvalTaskCatalog.Get("longgenbench_gsm8k");
    static readonly IGeneratedTask s_exams = (IGeneratedTask)EvalTaskCatalog.Get("longgenbench_mmlu");
    static readonly IJudgedTask s_thread = (IJudgedTask)EvalTaskCatalog.Get("sgt_short");

    [SharedFact("evaldata/longgenbench_gsm8k_mmlu")]
    public void All_exams_are_made_and_right_answers_score_1() =>
        BenchmarkRun.Check(
            output,
            "longgenbench",
            expectedTasks: 1,
            expectedExamples: 57,
            e => string.Concat(e.References.Select((r, i) => $"Answer_{i + 6}:\nThe answer is ({r}).\n\n")));

    [SharedFact("evaldata/longgenbench_sgt")]
    public void All_threads_are_made() => BenchmarkRun.Check(output, "sgt", expectedTasks: 2, expectedExamples: 800, _ => null);

    [Fact]
    public void Maths_is_asked_in_batches_after_the_demonstrations()
    {
        using TaskData folder = Maths(36);
        EvalExample[] examples = [.. s_maths.Examples(folder.Setting)];

        Assert.Equal([35, 1], examples.Select(e => e.References.Count));
        Assert.EndsWith(
            "Examples: \nDemonstrations\n\nFollowing Question: \nQuestion_9:\nWhat is 35 + 1?\n\n",
            BenchmarkRun.Text(examples[1]));
        Assert.Equal("own", examples[0].ValueOf("prompts"));
    }

    [Fact]
    public void The_sentence_before_them_is_that_of_the_official_program()
    {
        using TaskData folder = Maths(1);
        folder.With(
            "longgenbench_gsm8k_mmlu/longgenbench_GSM8K_openai.py",
            "messages=[{\"role\": \"system\", \"content\": \"Do them all.\"},");

        EvalExample example = Assert.Single(s_maths.Examples(folder.Setting));

        Assert.StartsWith("Do them all.\nExamples: ", BenchmarkRun.Text(example));
        Assert.Equal("official", example.ValueOf("prompts"));
    }

    [Fact]
    public void Maths_counts_answers_given_and_beside_them_those_asked()
    {
        using TaskData folder = Maths(3);
        EvalExample example = Assert.Single(s_maths.Examples(folder.Setting));

        EvalScore score = s_maths.Score(example, "Answer_9:\nThe answer is 1.\n\nAnswer_10:\nThe answer is 7.");
        EvalScore all = ((IAggregatedTask)s_maths).Aggregate([new("0", example.Groups, score)]);

        Assert.Equal(1 / 3d, score.Value, 1e-12);
        Assert.Equal(0.5, all.Value);
        Assert.Equal(1 / 3d, all.Beside["right of asked"], 1e-12);
    }

    [Fact]
    public void Exams_ask_again_for_what_was_left_out()
    {
        using TaskData folder = new();
        folder.With(
            "longgenbench_gsm8k_mmlu/LongGenBench_MMLU_prompt.json",
            """{"old_maps": "About old maps.\n\nQ: Where?\n(A) Up (B) Down\nA: Above. The answer is (A)."}""");
        folder.With("mmlu/test/old_maps_test.csv", "First?,a,b,c,d,A\nSecond?,a,b,c,d,B\nThird?,a,b,c,d,C\n");
        EvalExample example = Assert.Single(s_exams.Examples(folder.Setting));
        IFollowUpTask task = (IFollowUpTask)s_exams;

        EvalPrompt.Messages next = (EvalPrompt.Messages)task.FollowUp(example, ["Answer_6:\nThe answer is (A)."])!.Prompt;

        Assert.EndsWith(
            "Examples: \nQuestion_1:\nWhere?\n(A) Up (B) Down\n\nAnswer_1:\nAbove. The answer is (A).\n\n"
                + "Following Question: \nQuestion_6:\nSecond?\n(A) a(B) b(C) c(D) d\n\nQuestion_7:\nThird?\n(A) a(B) b(C) c(D) d\n\n",
            next.Turns[^1].Content);
        Assert.Contains("about  old maps.", next.Turns[0].Content);
        Assert.Null(task.FollowUp(example, ["Answer_6:\n(A).", "nothing"]));
        Assert.Equal(1, s_exams.Score(example, ["Answer_6:\n(A).", "Answer_6:\n(B)\n\nAnswer_7:\n(C)"]).Value);
    }

    [Fact]
    public void A_malformed_row_of_an_exam_is_refused_and_not_left_out()
    {
        using TaskData folder = new();
        folder.With(
            "longgenbench_gsm8k_mmlu/LongGenBench_MMLU_prompt.json",
            """{"old_maps": "Maps.\n\nQ: Where?\nA: Above. The answer is (A)."}""");
        folder.With("mmlu/test/old_maps_test.csv", "First?,a,b,c,d,A\nSecond?,a,b,c\n");

        Assert.StartsWith(
            "mmlu/test/old_maps_test.csv, row 2: ",
            Assert.Throws<InputException>(() => s_exams.Examples(folder.Setting).Count()).Message);
    }

    [Fact]
    public void Threads_are_judged_event_by_event_of_the_parts_written()
    {
        using TaskData folder = new();
        folder.With("longgenbench_sgt/Dataset_short.json", """
            [{"prompt": "Write a diary.", "checks_once": {"1": "a birthday", "9": "a trip"}, "checks_range": {"2": "a fair"},
              "checks_periodic": {"2": "sports"}, "type": "Week", "prefix": "#*# Week 1:", "number": 4}]
            """);
        EvalExample example = Assert.Single(s_thread.Examples(folder.Setting));
        const string Diary = " We sang for Ann.\n#*# Week 2: We ran.";

        ChatTurn asked = Assert.Single(s_thread.Judge(example, [Diary]));
        EvalScore score = s_thread.Score(example, [Diary], "1: yes\n2: No\n[3]: Yes.")!;

        Assert.Contains("[1] Part: Week 1: We sang for Ann.\n[1] Event: a birthday\n", asked.Content);
        Assert.DoesNotContain("a trip", asked.Content);
        Assert.Equal(2 / 3d, score.Value, 1e-12); // once 1 of 1, range 0 of 1, periodic 1 of 1
        Assert.Equal(0.5, score.Beside["completion"]);
        Assert.Equal((0.95f, 0.95f, "*** finished"), (example.Temperature, example.TopP, example.Stop[0]));
        Assert.Null(s_thread.Score(example, [Diary], "I cannot say."));
        Assert.Equal(score.Value, ((IAggregatedTask)s_thread).Aggregate([new("0", example.Groups, score)]).Value);
    }

    static TaskData Maths(int questions)
    {
        TaskData folder = new();
        folder.With("longgenbench_gsm8k_mmlu/LongGenBench_GSM8K_prompt.txt", "Demonstrations");
        folder.With("longgenbench_gsm8k_mmlu/gsm8k_test.jsonl", string.Join('\n', Enumerable.Range(0, questions)
            .Select(i => $$"""{"question": "What is {{i}} + 1?", "answer": "{{i}} + 1 = {{i + 1}}\n#### {{i + 1}}"}""")));
        return folder;
    }
}
