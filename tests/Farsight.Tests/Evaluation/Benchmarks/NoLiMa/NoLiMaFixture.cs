namespace Farsight.Tests.Evaluation.Benchmarks.NoLiMa;

/// <summary>Needles and a book of our own; the benchmark's are for non-commercial use.</summary>
sealed class NoLiMaFixture : BenchmarkFixture
{
    static readonly (string Task, string File)[] s_sets =
    [
        ("nolima_default", "needle_set"), ("nolima_hard", "needle_set_hard"), ("nolima_onlydirect", "needle_set_ONLYDirect"),
        ("nolima_w_cot", "needle_set_w_CoT"), ("nolima_mc", "needle_set_MC"), ("nolima_w_distractor", "needle_set_w_Distractor"),
    ];

    internal override IEnumerable<FixtureCase> Cases =>
        s_sets.Select(s => new FixtureCase(s.Task, "Who has seen the harbour?", FixtureAnswer.Reference, "Nobody"));

    internal override void Write(TaskData data)
    {
        data.With(
            "nolima/haystack/rand_shuffle/rand_book_1.txt",
            string.Concat(Enumerable.Range(0, 300).Select(i => $"Line {i} of a plain book with few words.\n")));
        foreach ((_, string file) in s_sets)
        {
            data.With($"nolima/needlesets/{file}.json", """
                [{"id": "0401_own", "system_prompt": "Answer.", "needle": "{CHAR} lives beside the {1}.",
                  "questions": {"onehop": "Who has seen the {2}?"}, "tests": {"T1": {"input_args": ["quay", "harbour"]}},
                  "character_set": ["Mira", "Odo", "Tess"]}]
                """.Replace(
                "\"tests\"",
                file.EndsWith("Distractor", StringComparison.Ordinal)
                    ? "\"distractors\": {\"onehop\": \"Nobody sings beside the {1}.\"}, \"tests\""
                    : "\"tests\"",
                StringComparison.Ordinal));
        }
    }
}
