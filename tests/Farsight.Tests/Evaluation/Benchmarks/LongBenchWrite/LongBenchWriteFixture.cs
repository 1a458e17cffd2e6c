namespace Farsight.Tests.Evaluation.Benchmarks.LongBenchWrite;

sealed class LongBenchWriteFixture : BenchmarkFixture
{
    const string Verdict = "relevance: 5\naccuracy: 5\ncoherence: 5\nclarity: 5\nbreadth and depth: 5\nreading experience: ";

    internal override IEnumerable<FixtureCase> Cases =>
    [
        new(
            "longbench-write", "Write four words about a lamp.", "It is a lamp.",
            "It is a lamp and it is red in the dark night of a port, where it was left behind."),
        new(
            "longbench-write-quality", "Write four words about a lamp.", FixtureAnswer.Judged("It is a lamp.", Verdict + "5"),
            FixtureAnswer.Judged("It is a lamp.", Verdict + "2"))
        {
            Worse = 0.875, // the mean rating is 4.5
        },
    ];

    internal override void Write(TaskData data) => data.With(
        "longbench_write/longbench_write.jsonl",
        """{"prompt": "Write four words about a lamp.", "type": "Community Forum", "length": 4}""" + "\n");
}
