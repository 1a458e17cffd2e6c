namespace Farsight.Tests.Evaluation.Benchmarks.Val;

/// <summary>Contexts of our own with few pieces; the position says where the piece would stand among the official number.</summary>
sealed class ValFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("val/document", "Which sentence contains: \"the lamp was lit at\"?", FixtureAnswer.Reference, "no such sentence"),
        new("val/code", "Which function has the line: y = x * 7", "It is light_lamp", "count_lamps"),
        new("val/database", "What are label and description of Q7?", "Label: the OLD LAMP", "a new lamp"),
    ];

    internal override void Write(TaskData data) => data
        .With("val/document_bi_32k.jsonl",
        [
            new { prompt = "<s>[INST] Skipped. [/INST]", completion = "Skipped.", position_id = 0, set_id = 0 },
            new
            {
                prompt = "<s>[INST] In June the lamp was lit at nine.\n\nWhich sentence contains: \"the lamp was lit at\"? [/INST]",
                completion = "In June the lamp was lit at nine.", position_id = 799, set_id = 1,
            },
        ])
        .With("val/document_bi_32k_skip_list.json", "[0]")
        .With("val/code_backward_32k.jsonl",
        [
            new
            {
                prompt = "def light_lamp(x):\n    y = x * 7\n\nWhich function has the line: y = x * 7", completion = "light_lamp.",
                position_id = 51, set_id = 0,
            },
        ])
        .With("val/database_forward_32k.jsonl",
        [
            new
            {
                prompt = "<Q7, old lamp, a lamp in the harbor>\n\nWhat are label and description of Q7?", completion = "",
                label = "old lamp", description = "a lamp in the harbor", position_id = 49, set_id = 3,
            },
        ]);
}
