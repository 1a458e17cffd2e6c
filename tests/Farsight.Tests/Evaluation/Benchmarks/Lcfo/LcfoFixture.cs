namespace Farsight.Tests.Evaluation.Benchmarks.Lcfo;

sealed class LcfoFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
        ((int[])[20, 10, 5])
            .Select(p => new FixtureCase($"lcfo_{p}", $"A long text.\n\nSummarize this document in {p} percent", "One red dog.", "Cats."));

    internal override void Write(TaskData data) => data.With(
        "lcfo/source_data.jsonl",
        [new { source = "A long text.", summary_20 = "One red dog.", summary_10 = "One red dog.", summary_5 = "One red dog." }]);
}
