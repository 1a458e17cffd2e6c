namespace Farsight.Tests.Evaluation.Benchmarks.Facts;

sealed class FactsFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("facts/value", "{question}", FixtureAnswer.Reference, FixtureAnswer.Of(e => $"It is {e.Details["others"][0]}.")),
        new("facts/several", "{question}", FixtureAnswer.Reference, FixtureAnswer.Of(e => $"It is {e.Details["values"][0]}.")),
        new("facts/two-hop", "{question}", FixtureAnswer.Reference, FixtureAnswer.Of(e => $"It is {e.Details["others"][0]}.")),
        new("facts/absent", "{question}", FixtureAnswer.Reference, FixtureAnswer.Of(e => $"It is {e.Details["others"][0]}.")),
    ];
}
