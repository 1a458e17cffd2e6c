namespace Farsight.Tests.Evaluation.Benchmarks.Giraffe;

sealed class GiraffeFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("giraffe_lines", "line 3: <4821>", "The number is 4821.", "line 3 has 4821"),
        .. ((string[])["ffqa", "altqa"])
            .Select(s => new FixtureCase($"giraffe_{s}", "When did it open?", "It opened in 1932.", "In 1933.")),
    ];

    internal override void Write(TaskData data)
    {
        data.With("giraffe/lines.jsonl", """{"prompt": "line 3: <4821>", "expected_number": 4821, "split": "100"}""");
        foreach (string set in (string[])["ffqa", "altqa"])
        {
            data.With($"giraffe/{set}.jsonl",
                """{"conversations": [{"value": "When did it open?", "tok_len": 9}, {"value": "1932 "}], "split": "2k"}""");
        }
    }
}
