namespace Farsight.Tests.Evaluation.Benchmarks.Judged;

sealed class JudgedFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("mt-bench", "Write a line.", FixtureAnswer.Judged("A line.", "Good. [[10]]"), FixtureAnswer.Judged("No.", "Bad. [[1]]"))
        {
            Best = 10,
            Worse = 1,
        },
        new("longbench-chat", "A long document. Who?", FixtureAnswer.Judged("Ann", "[[10]]"), FixtureAnswer.Judged("Bob", "[[1]]"))
        {
            Best = 10,
            Worse = 1,
        },
    ];

    internal override void Write(TaskData data) => data
        .With("mt_bench/question.jsonl", """{"question_id": 81, "category": "writing", "turns": ["Write a line.", "Write it again."]}""")
        .With("longbench_chat/test_cases.json", [new { idx = 1, prompt = "A long document. Who?", query = "Who?", answer = "Ann" }]);
}
