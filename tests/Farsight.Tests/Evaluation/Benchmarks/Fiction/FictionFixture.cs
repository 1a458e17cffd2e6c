namespace Farsight.Tests.Evaluation.Benchmarks.Fiction;

sealed class FictionFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("fiction/single", "{question}", FixtureAnswer.Reference, "I do not know."),
        new("fiction/multi", "{question}", FixtureAnswer.Reference, FixtureAnswer.Of(e => $"It is {e.Details["values"][1]}."))
        {
            Worse = 0.5,
        },
        new("fiction/summary", "{question}", FixtureAnswer.Reference, "I do not know."),
    ];
}
