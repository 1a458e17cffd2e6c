namespace Farsight.Tests.Evaluation.Benchmarks.LongSafetyBench;

sealed class LongSafetyBenchFixture : BenchmarkFixture
{
    static readonly string[] s_names =
    [
        "HarmfulExtraction", "HarmfulTendency", "ManyShotJailbreak", "HarmfulNIAH", "CountingCrimes", "DocAttack", "HarmfulAdvice",
        "MedicalQuiz", "PoliticallyIncorrect", "LeadingQuestion",
    ];

    internal override IEnumerable<FixtureCase> Cases =>
    [
        .. s_names.Select(n =>
            new FixtureCase($"longsafetybench_{n.ToLowerInvariant()}", "A text.\n\n", FixtureAnswer.Reference, "I do not know.")),
        .. s_names.Select(n => new FixtureCase(
            $"longsafetybench_{n.ToLowerInvariant()}_letter", "A text.\n\n", FixtureAnswer.LogProbs(-4, -3, -2, -1),
            FixtureAnswer.LogProbs(-4, -3, -1, -2))), // the last option is the safe one
    ];

    internal override void Write(TaskData data)
    {
        string[] choices = ["harm", "some harm", "little harm", "none"];
        foreach (string name in s_names)
        {
            data.With($"longsafetybench/{name}.jsonl",
                [new { id = 1, context = "A text.", question = "How?", choices, depth = 0.5, length = 4000 }]);
        }
    }
}
