namespace Farsight.Tests.Evaluation.Benchmarks.Lcfo;

sealed class LcfoFixture : BenchmarkFixture
{
    static readonly int[] s_percents = [20, 10, 5];

    internal override IEnumerable<FixtureCase> Cases =>
    [
        .. s_percents.Select(p =>
            new FixtureCase($"lcfo_{p}", $"A long text.\n\nSummarize this document in {p} percent", "One red dog.", "Cats.")),
        .. s_percents.Select(p => new FixtureCase(
            $"lcfo_expansion_{p}", $"One red dog.\n\nThis is the summary of a document, in {p} percent", "A long text.", "Cats.")),
        new FixtureCase(
            "lcfo_questions", "A long text.\n\nAnswer the question about this document, in one or two sentences.\n\nQuestion: {question}",
            "A red dog.", "Cats."),
    ];

    internal override void Write(TaskData data) => data.With(
        "lcfo/source_data.jsonl",
        [
            new
            {
                source = "A long text.",
                summary_20 = "One red dog.",
                summary_10 = "One red dog.",
                summary_5 = "One red dog.",
                questions = new[] { new { question = "What is red?", answer = "The red dog." } },
            },
        ]);
}
