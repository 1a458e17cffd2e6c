namespace Farsight.Tests.Evaluation.Benchmarks.Niah;

sealed class NiahFixture : BenchmarkFixture
{
    const string Lamp = "The lamp of the inn is green.";

    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("niah_original", "\nThe lamp of the inn is green.\n", Lamp, "The door is blue."),
        new(
            "niah_original_multi", "Over the door of the lighthouse keeper of Varn hangs lovage.", "Lovage, wormwood and fennel.",
            "Lovage and mint.") { Worse = 1 / 3.0 },
    ];

    internal override void Write(TaskData data) => data
        .With("niah/PaulGrahamEssays/one.txt", string.Concat(Enumerable.Repeat("Nothing came of it. It was long. ", 40)))
        .With("retrieval_head/needles.jsonl", [new { needle = Lamp, question = "How is the lamp?", real_needle = Lamp }]);
}
