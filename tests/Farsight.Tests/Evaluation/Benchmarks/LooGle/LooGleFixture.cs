namespace Farsight.Tests.Evaluation.Benchmarks.LooGle;

sealed class LooGleFixture : BenchmarkFixture
{
    const string Template = "\"{input}\\nQuestion: {Q}\\nAnswer: \"";

    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("loogle_shortdep_qa", "A text.\nQuestion: Who ran?\nAnswer: ", "Ann ran home", "Ann slept") { Worse = 1 / 3.0 },
        new("loogle_longdep_qa", "A text.\nQuestion: Who ran?\nAnswer: ", "Ann ran home", "Bo slept"),
        new("loogle_longdep_summarization", "A text.\nQuestion: \nAnswer: ", "Ann ran home", "Bo slept"),
        new(
            "loogle_shortdep_cloze", "Question: <mask-0> met <mask-1>.\n", "{'<mask-0>': 'Ann', '<mask-1>': 'Bo'}",
            "{'<mask-0>': 'Ann', '<mask-1>': 'Cid'}") { Worse = 0.5 },
    ];

    internal override void Write(TaskData data)
    {
        string[] tasks = ["shortdep_qa", "longdep_qa", "longdep_summarization", "shortdep_cloze"];
        data.With("loogle/task2prompt.json", $"{{{string.Join(", ", tasks.Select(t => $"\"{t}\": {Template}"))}}}")
            .With("loogle/task2maxlen.json", $"{{{string.Join(", ", tasks.Select(t => $"\"{t}\": 300"))}}}")
            .With("loogle/shortdep_qa.jsonl", [Document("[{'Q': 'Who ran?', 'A': 'Ann ran home'}]")])
            .With("loogle/longdep_qa.jsonl", [Document("[{'Q': 'Who ran?', 'A': 'Ann ran home'}]")])
            .With("loogle/longdep_summarization.jsonl", [Document("none")])
            .With(
                "loogle/shortdep_cloze.jsonl",
                [Document("[{'Q': '<mask-0> met <mask-1>.', 'A': {'<mask-0>': 'Ann', '<mask-1>': 'Bo'}}]")]);
    }

    static object Document(string pairs) => new { input = "A text.", qa_pairs = pairs, output = "Ann ran home" };
}
