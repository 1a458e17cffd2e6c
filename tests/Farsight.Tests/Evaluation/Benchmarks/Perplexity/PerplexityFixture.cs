namespace Farsight.Tests.Evaluation.Benchmarks.Perplexity;

/// <summary>A token's mean negative log-likelihood is the score, so the best one is 0 nats.</summary>
sealed class PerplexityFixture : BenchmarkFixture
{
    internal override int Length => 1200;

    internal override IEnumerable<FixtureCase> Cases =>
    [
        Windows("perplexity", "says little"),
        Windows("perplexity/press", "says little"),
        Windows("perplexity/yarn", "says little"),
        Windows("pg19", "came in"),
        Windows("pg19/yarn", "came in"),
    ];

    internal override void Write(TaskData data) =>
        data.With("pg19/one.txt", string.Join(' ', Enumerable.Range(0, 100).Select(i => $"The {i}th wave came in.")));

    static FixtureCase Windows(string task, string text) =>
        new(task, text, FixtureAnswer.Nats(0), FixtureAnswer.Nats(2)) { Best = 0, Worse = 2 };
}
