namespace Farsight.Tests.Evaluation.Benchmarks.DetectiveQa;

sealed class DetectiveQaFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases => ((string[])["en", "zh"]).SelectMany(l => new FixtureCase[]
    {
        new($"detectiveqa_{l}_answers", "A storm.\nA key is lost.\n\nAnswer", "The cook has it.\nAnswer: B", "Answer: A"),
        new(
            $"detectiveqa_{l}_steps", "A storm.\nA key is lost.\n\nAnswer", FixtureAnswer.Judged("…", """{"found": [1, 2]}"""),
            FixtureAnswer.Judged("…", """{"found": [2, 9]}""")) { Worse = 0.5 },
    });

    internal override void Write(TaskData data)
    {
        foreach (string language in (string[])["en", "zh"])
        {
            data.With($"detectiveqa/questions_{language}.jsonl", [new
            {
                novel_id = 5,
                questions = new[]
                {
                    new
                    {
                        question = "Who has it?",
                        answer = "B",
                        options = new { A = "the guest", B = "the cook", C = "the dog", D = "no one" },
                        reasoning = new[] { "The cook left.", "The key fits." },
                        answer_position = 3,
                    },
                },
            }]).With($"detectiveqa/novels_{language}/5.txt", "A storm.\nA key is lost.\nThe cook has it.\n");
        }
    }
}
