namespace Farsight.Tests.Evaluation.Benchmarks.GraphWalks;

sealed class GraphWalksFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases => ((string[])["parents", "bfs"]).Select(kind => new FixtureCase(
        $"graphwalks_{kind}", $"a -> b. {kind}?", "Step.\nFinal Answer: [a, c]\n", "Final Answer: [a]")
    { Worse = 2 / 3.0 });

    internal override void Write(TaskData data) => data
        .With("graphwalks/graphwalks.jsonl", ((string[])["parents", "bfs"]).Select(kind => new
        {
            prompt = $"a -> b. {kind}?",
            answer_nodes = new[] { "a", "c" },
            problem_type = kind,
            date_added = "04-12-2025",
        }));
}
