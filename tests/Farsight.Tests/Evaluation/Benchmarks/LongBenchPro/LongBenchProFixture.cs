namespace Farsight.Tests.Evaluation.Benchmarks.LongBenchPro;

sealed class LongBenchProFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases => ((string[])["", "_thinking"]).SelectMany(way => new FixtureCase[]
    {
        new($"longbench-pro_answers{way}", $"A text.\n\n\n\nWhich{way}?", "[Answer]\nd1\nd2", "[Answer]\nd1") { Worse = 2 / 3.0 },
        new($"longbench-pro_summaries{way}", $"A text.\n\n\n\nSum{way}.", "One red dog", "Cats"),
    });

    internal override void Write(TaskData data) => data.WithJieba().With(
        "longbench-pro/longbench_pro.json",
            [Record("T5.1 Lines", "Which", ["D1", "D2"], "?"), Record("T4.1 Summary", "Sum", ["one red dog"], ".")]);

    static object Record(string kind, string question, string[] answer, string end) => new
    {
        id = kind[..4],
        context = "A text.",
        language = "English",
        token_length = "8k",
        primary_task = kind[..2],
        secondary_task = kind,
        contextual_requirement = "Full",
        question_nonthinking = question + end,
        question_thinking = $"{question}_thinking{end}",
        answer,
        difficulty = "Easy",
    };
}
