namespace Farsight.Tests.Evaluation.Benchmarks.Needles;

sealed class NeedlesFixture : BenchmarkFixture
{
    static readonly string[] s_exact = ["single", "words", "distractors", "near", "instructions", "unanswerable"];

    internal override IEnumerable<FixtureCase> Cases =>
    [
        .. s_exact.Select(n => new FixtureCase(
            $"needle/{n}", "{question}", FixtureAnswer.Reference, FixtureAnswer.Of(e => e.References[0] + " I think."))),
        new("needle/several", "{question}", FixtureAnswer.Reference, FixtureAnswer.Of(e => e.Details["values"][0])) { Worse = 1 / 3.0 },
        new("needle/entities", "{question}", FixtureAnswer.Reference, "There are none."),
    ];
}
