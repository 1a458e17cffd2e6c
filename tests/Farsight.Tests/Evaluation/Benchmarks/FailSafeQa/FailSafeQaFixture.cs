namespace Farsight.Tests.Evaluation.Benchmarks.FailSafeQa;

sealed class FailSafeQaFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
        [new("failsafeqa", "Context:\nA report.\n\n", FixtureAnswer.Judged("4 %", "Right. [[6]]"),
            FixtureAnswer.Judged("5 %", "Wrong. [[2]]"))];

    internal override void Write(TaskData data) => data.With("failsafeqa/failsafeqa.json", """
        [{"idx": 1, "context": "A report.", "answer": "4 %", "query": "How much?", "error_query": "How mcuh?", "incomplete_query": "much?",
          "out-of-domain_query": "What share?", "out-of-scope_query": "Who sings?", "ocr_context": "A rep0rt."}]
        """);
}
