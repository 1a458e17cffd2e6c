namespace Farsight.Tests.Evaluation.Benchmarks.HoloBench;

sealed class HoloBenchFixture : BenchmarkFixture
{
    const string Exact = """[{"id": 1, "label": "Exact Match"}, {"id": 2, "label": "Exact Match"}]""",
        Partial = """[{"id": 1, "label": "Partial Match"}]""";

    internal override IEnumerable<FixtureCase> Cases => ((string[])["uniform", "begin", "end", "middle", "bimodal"]).Select(order =>
        new FixtureCase($"holobench_{order}", "Which wines?", FixtureAnswer.JudgedInSteps("Two.", "{}", Exact),
            FixtureAnswer.JudgedInSteps("One.", "{}", Partial))
        {
            Worse = 0.25,
        });

    internal override void Write(TaskData data) => data
        .With("holobench/contexts.jsonl", [new
        {
            question = "Which wines?",
            main = new[] { "Wine A is red.", "Wine B is red." },
            auxiliary = new[] { "A grape is old." },
            gold = new[] { new { name = "A" }, new { name = "B" } },
        }])
        .With("holobench/experiment_prompt.txt", "{context}\n{question}")
        .With("holobench/extract_prompt.txt", "Extract: {response} {{\"final_answer\": \"\"}}")
        .With("holobench/eval_prompt.txt", "{question} {pred} {gold} {output_format}");
}
