namespace Farsight.Tests.Evaluation.Benchmarks.Retrieval;

sealed class RetrievalFixture : BenchmarkFixture
{
    static readonly (string Benchmark, string Set)[] s_sets =
    [
        ("longembed", "passkey"), ("longembed", "needle"), ("longembed", "2wikimqa"), ("longembed", "summ_screen_fd"),
            ("loco", "qasper_title"),
        ("loco", "qasper_abstract"), ("loco", "multifieldqa"), ("loco", "2wikimqa"), ("loco", "passage_retrieval"),
    ];

    internal override IEnumerable<FixtureCase> Cases => s_sets.Select(s => new FixtureCase(
        $"{s.Benchmark}_{s.Set}", "A dog ran.\n\nA question that this document answers:", FixtureAnswer.LogProbs(-5, -3),
            FixtureAnswer.LogProbs(-3, -5))
    {
        Worse = s.Set is "passkey" or "needle" ? 0 : 1 / Math.Log2(3),
    });

    internal override void Write(TaskData data)
    {
        foreach ((string benchmark, string set) in s_sets)
        {
            data.With($"{benchmark}/{set}/corpus.jsonl",
                [new { doc_id = "d1", text = "A cat sat." }, new { doc_id = "d2", text = "A dog ran." }])
                .With($"{benchmark}/{set}/queries.jsonl", [new { qid = "q1", text = "Who ran?" }])
                .With($"{benchmark}/{set}/qrels.jsonl", [new { qid = "q1", doc_id = "d2" }]);
        }
    }
}
