namespace Farsight.Tests.Evaluation.Benchmarks.NitiBench;

sealed class NitiBenchFixture : BenchmarkFixture
{
    const string Answer = """{"analysis": "", "answer": "Yes.", "citations": [{"law": "Law A", "section": "1"}]}""";

    static readonly (string Task, string Prompt)[] s_tasks =
    [
        ("ccl", "[Law A, section 1]\nA text."), ("tax", "[Law A, section 1]\nA text."), ("ccl_all_laws", "Laws A to Z.\n\nAnswer"),
        ("tax_all_laws", "Laws A to Z.\n\nAnswer"),
    ];

    internal override IEnumerable<FixtureCase> Cases => s_tasks.Select(t => new FixtureCase(
        $"nitibench_{t.Task}", t.Prompt,
        FixtureAnswer.Judged(Answer, """{"coverage": "full-coverage", "contradiction": "no-contradiction"}"""),
        FixtureAnswer.Judged("No.", """{"coverage": "no-coverage", "contradiction": "contradiction"}""")));

    internal override void Write(TaskData data)
    {
        data.With("nitibench/lc_law.txt", "Laws A to Z.");
        foreach (string split in (string[])["ccl", "tax"])
        {
            data.With($"nitibench/{split}.jsonl", [new
            {
                question = "May I?",
                answer = "Yes.",
                relevant_laws = new[] { new { law_name = "Law A", section_content = "A text.", section_num = "1" } },
            }]);
        }
    }
}
