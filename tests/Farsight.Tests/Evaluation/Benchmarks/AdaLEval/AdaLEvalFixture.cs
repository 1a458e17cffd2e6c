namespace Farsight.Tests.Evaluation.Benchmarks.AdaLEval;

sealed class AdaLEvalFixture : BenchmarkFixture
{
    static readonly int[] s_best = [1, 2, 4, 6, 8, 12, 16, 32, 64, 128], s_order = [1, 2, 4, 8, 16, 32, 64, 128];

    internal override IEnumerable<FixtureCase> Cases =>
    [
        .. s_best.Select(k => new FixtureCase(
            $"stackselect_{k}k", "Choose.\nWhy?\n\nA1:\n\nSo.\n\nA2:\n\nThus.\n\nA3:\n\nHence.\n\n\nNow?\n", "The answer is A3.", "A2")),
        .. s_order.Select(k => new FixtureCase($"textsort_{k}k", "Sort these.", "Answer: [2, 1, 4, 3]", "Answer: [1, 2, 3, 4]")),
    ];

    internal override void Write(TaskData data)
    {
        data.With(
            "adaleval/prompts.json",
            """{"stackselect_prompt_of_example": "Choose.\n<QUESTION>\n\nA1:\n\n<ANSWER1>\n\nA2:\n\n<ANSWER2>\n\n\nNow?\n"}""");
        foreach (int k in s_best)
        {
            data.With(
                $"adaleval/stackselect_{k}k.json",
                """[{"question_id": "7", "question": "Why?", "all_answers": ["So.", "Thus.", "Hence."], "answer": "A3", "tags": []}]""");
        }
        foreach (int k in s_order)
        {
            data.With(
                $"adaleval/textsort_{k}k.json",
                """[{"book_id": "1", "para_offset": [3, 4], "prompt": "Sort these.", "answer": "[2, 1, 4, 3]"}]""");
        }
    }
}
