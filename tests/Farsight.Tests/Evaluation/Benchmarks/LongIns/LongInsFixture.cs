namespace Farsight.Tests.Evaluation.Benchmarks.LongIns;

sealed class LongInsFixture : BenchmarkFixture
{
    static readonly int[] s_lengths = [256, 512, 1024, 2048, 4096, 8192, 16384];

    internal override IEnumerable<FixtureCase> Cases => s_lengths.SelectMany(l => new FixtureCase[]
    {
        new(
            $"longins_gist_{l}", "Grade.\n" + new string(' ', 36) + "Add.\n" + new string(' ', 36) + "Say \"which\".", "[2]", "[1]"),
        new(
            $"longins_list_{l}", "Grade all.\n" + new string(' ', 24) + "[1] 1+1=2 [2] 1+1=3\n" + new string(' ', 24) + "Which?", "[2]",
            "[1, 2]") { Worse = 2 / 3.0 },
        new(
            $"longins_limt_{l}", "Grade all.\n" + new string(' ', 24) + "Add: [1] 1+1=3\n" + new string(' ', 24) + "Which?", "[1]", "[2]"),
    });

    internal override void Write(TaskData data)
    {
        data.With(
                "longins/GIST.yaml",
                "Instruction_0: \"Grade.\"\n\nInstruction_1: \n  \"Say \\\"which\\\".\"\n\nInstruction_2: |-\n  Numbers.\n")
            .With("longins/LIST.yaml", "Instruction_0: \"Grade all.\"\n\nInstruction_1: \n  \"Which?\"\n");
        foreach (int length in s_lengths)
        {
            data.With(
                $"longins/GIST_{length}.json",
                """{"sums": {"task_prompt": "Add.", "Data": "[1] 1+1=2 [2] 1+1=3", "error": [2], "Categories": ["maths"]}}""");
            data.With($"longins/LIST_{length}.json", """{"sums": {"Data": "[1] 1+1=2 [2] 1+1=3", "error": [2]}}""")
                .With($"longins/LIMT_{length}.json", """{"mixed": {"Data": "Add: [1] 1+1=3", "error": [1]}}""");
        }
    }
}
