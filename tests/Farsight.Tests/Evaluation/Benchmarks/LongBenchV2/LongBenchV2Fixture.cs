namespace Farsight.Tests.Evaluation.Benchmarks.LongBenchV2;

sealed class LongBenchV2Fixture : BenchmarkFixture
{
    const string Right = "The correct answer is (B).", Wrong = "The correct answer is (C).";

    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("longbench-v2", "A text.|Who?|p|q|r|s", Right, Wrong),
        new("longbench-v2-cot", "A text.|Who?: think", FixtureAnswer.Completions("Hm, C?", Right), FixtureAnswer.Completions(Right, Wrong)),
        new("longbench-v2-no-context", "Who?|p", Right, Wrong),
    ];

    internal override void Write(TaskData data) => data
        .With("longbench_v2/prompts/0shot.txt", "$DOC$|$Q$|$C_A$|$C_B$|$C_C$|$C_D$")
        .With("longbench_v2/prompts/0shot_cot.txt", "$DOC$|$Q$: think")
        .With("longbench_v2/prompts/0shot_cot_ans.txt", "$Q$ $COT$ so?")
        .With("longbench_v2/prompts/0shot_no_context.txt", "$Q$|$C_A$")
        .With("longbench_v2/data.json", """
            [{"_id": "1", "domain": "Papers", "difficulty": "hard", "length": "short", "question": "Who?", "choice_A": "p", "choice_B": "q",
              "choice_C": "r", "choice_D": "s", "answer": "B", "context": "A text."}]
            """);
}
