namespace Farsight.Tests.Evaluation.Benchmarks.AaLcr;

sealed class AaLcrFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
    [
        new(
            "aa-lcr", "BEGIN DOCUMENT 1:\nSecond.\nEND DOCUMENT 1\n\nBEGIN DOCUMENT 2:\nFirst.\nEND DOCUMENT 2",
                FixtureAnswer.Judged("7", "CORRECT"),
            FixtureAnswer.Judged("8", "INCORRECT")),
    ];

    internal override void Write(TaskData data) => data.With("aa-lcr/AA-LCR_Dataset.jsonl", """
        {"document_category": "Law", "document_set_id": "set1", "question_id": 1, "question": "How many?", "answer": "7",
         "data_source_filenames": "B’s notes.txt;A.txt"}
        """.Replace("\n", "", StringComparison.Ordinal))
        .With("aa-lcr/lcr/Law/set1/A.txt", "First.").With("aa-lcr/lcr/Law/set1/B_s notes.txt", "Second.");
}
