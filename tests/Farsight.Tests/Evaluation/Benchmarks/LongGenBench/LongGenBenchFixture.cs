namespace Farsight.Tests.Evaluation.Benchmarks.LongGenBench;

sealed class LongGenBenchFixture : BenchmarkFixture
{
    const string Diary = " We sang for Ann.\n#*# Week 2: We ran at the fair.";

    const string Thread = """
        [{"prompt": "Write a diary.", "checks_once": {"1": "a birthday"}, "checks_range": {"2": "a fair"},
          "checks_periodic": {"2": "sports"}, "type": "Week", "prefix": "#*# Week 1:", "number": 2}]
        """;

    static readonly string[] s_sizes = ["short", "long"];

    internal override IEnumerable<FixtureCase> Cases =>
    [
        new(
            "longgenbench_gsm8k", "Following Question: \nQuestion_9:\nWhat is 0 + 1?\nQuestion_10:\nWhat is 1 + 1?\n",
            "Answer_9:\nThe answer is 1.\n\nAnswer_10:\nThe answer is 2.", "Answer_9:\nThe answer is 1.\n\nAnswer_10:\nThe answer is 7.")
        {
            Worse = 0.5,
        },
        new(
            "longgenbench_mmlu", "Question_6:\nFirst?\n(A) a(B) b(C) c(D) d\n\nQuestion_7:\nSecond?", "Answer_6:\n(A)\n\nAnswer_7:\n(B)",
            "Answer_6:\n(A)\n\nAnswer_7:\n(C)")
        {
            Worse = 0.5,
        },
        .. s_sizes.Select(s => new FixtureCase(
            $"sgt_{s}", "Write a diary.", FixtureAnswer.Judged(Diary, "1: yes\n2: yes\n3: yes"),
            FixtureAnswer.Judged(Diary, "1: yes\n2: no\n3: no")) { Worse = 1 / 3.0 }),
    ];

    internal override void Write(TaskData data) => data
        .With("longgenbench_gsm8k_mmlu/LongGenBench_GSM8K_prompt.txt", "Demonstrations")
        .With("longgenbench_gsm8k_mmlu/gsm8k_test.jsonl", """
            {"question": "What is 0 + 1?", "answer": "0 + 1 = 1\n#### 1"}
            {"question": "What is 1 + 1?", "answer": "1 + 1 = 2\n#### 2"}
            """)
        .With(
            "longgenbench_gsm8k_mmlu/LongGenBench_MMLU_prompt.json",
            """{"old_maps": "About old maps.\n\nQ: Where?\n(A) Up (B) Down\nA: Above. The answer is (A)."}""")
        .With("mmlu/test/old_maps_test.csv", "First?,a,b,c,d,A\nSecond?,a,b,c,d,B\n")
        .With("longgenbench_sgt/Dataset_short.json", Thread)
        .With("longgenbench_sgt/Dataset_long.json", Thread);
}
