namespace Farsight.Tests.Evaluation.Benchmarks.RetrievalHeads;

sealed class RetrievalHeadsFixture : BenchmarkFixture
{
    const string Lamp = "The lamp of the inn is green.";

    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("retrieval-heads", "{question}", FixtureAnswer.Reference, "It is 5."),
        new("retrieval-heads/given", "{question}", FixtureAnswer.Reference, "It is 5."),
        new("retrieval-heads/original", "Based on the content of the book, Question: How is the lamp?\nAnswer:", Lamp, "The door is blue."),
    ];

    internal override void Write(TaskData data)
    {
        data.With("retrieval_head/needles.jsonl", [new { needle = Lamp, question = "How is the lamp?", real_needle = Lamp }]);
        foreach (int part in new[] { 1, 2, 3 })
        {
            data.With($"retrieval_head/part{part}/one.txt", string.Concat(Enumerable.Repeat("Nothing came of it. It was long. ", 40)));
        }
    }
}
