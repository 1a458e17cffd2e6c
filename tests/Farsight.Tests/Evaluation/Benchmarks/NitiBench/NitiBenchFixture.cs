namespace Farsight.Tests.Evaluation.Benchmarks.NitiBench;

sealed class NitiBenchFixture : BenchmarkFixture
{
    const string Answer = """{"analysis": "", "answer": "Yes.", "citations": [{"law": "Law A", "section": "1"}]}""";

    internal override IEnumerable<FixtureCase> Cases => ((string[])["ccl", "tax"]).Select(split => new FixtureCase(
        $"nitibench_{split}", "[Law A, section 1]\nA text.",
        FixtureAnswer.Judged(Answer, """{"coverage": "full-coverage", "contradiction": "no-contradiction"}"""),
        FixtureAnswer.Judged("No.", """{"coverage": "no-coverage", "contradiction": "contradiction"}""")));

    internal override void Write(TaskData data)
    {
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
