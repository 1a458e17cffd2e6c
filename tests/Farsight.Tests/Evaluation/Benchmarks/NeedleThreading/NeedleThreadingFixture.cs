namespace Farsight.Tests.Evaluation.Benchmarks.NeedleThreading;

sealed class NeedleThreadingFixture : BenchmarkFixture
{
    static readonly string[] s_kinds = ["single_needle", "multi_needle", "conditional_needle", "single_thread", "multi_thread"];

    internal override int Length => 5000;

    internal override IEnumerable<FixtureCase> Cases => s_kinds.Select(k => new FixtureCase(
        $"threading_{k}",
        "{question}",
        FixtureAnswer.Of(e => string.Join(", ", e.References)),
        FixtureAnswer.Of(e => $"00000000-0000-0000-0000-000000000000, {string.Join(", ", e.References)}")));
}
