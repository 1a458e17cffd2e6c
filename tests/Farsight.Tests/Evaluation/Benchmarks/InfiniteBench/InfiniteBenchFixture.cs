using System.Text.Json;

namespace Farsight.Tests.Evaluation.Benchmarks.InfiniteBench;

sealed class InfiniteBenchFixture : BenchmarkFixture
{
    static readonly string[] s_options = ["one", "two", "three", "four"];

    static readonly (string Task, string Input, object Answer, string Right, string Wrong)[] s_tasks =
    [
        ("passkey", "What is the key?", "4821", "The key is 4821.", "17"),
        ("number_string", "What is the number?", "4422", "4422", "44"),
        ("kv_retrieval", "The value of a-1?", "b-2", "It is \"b-2\".", "b-3"),
        ("longbook_sum_eng", "", "A dog ran home.", "A dog ran home.", "Cats sleep."),
        ("longbook_qa_eng", "Who ran?", "Ann", "the Ann", "Bob"),
        ("longbook_qa_chn", "谁?", "红狗", "红狗。", "猫"),
        ("longbook_choice_eng", "Which?", "three", "C. three", "B"),
        ("longdialogue_qa_eng", "Who?", "ANN", "It was Ann.", "Bob"),
        ("math_find", "The largest number of the list is:", 7, "7", "8"),
        ("math_calc", "Add.", new[] { 1, 3 }, "1 3", "2"),
        ("code_run", "What is func_3(-4) here?", -4, "It is -4", "It is 3"),
        ("code_debug", "Which?", "three", "C.", "A."),
    ];

    internal override IEnumerable<FixtureCase> Cases =>
    [
        .. s_tasks.Where(t => t.Task != "math_calc").Select(t => new FixtureCase(t.Task, $"chat: A book. | {t.Input}", t.Right, t.Wrong)),
        .. s_tasks.Select(t => new FixtureCase(t.Task + "_base", $"base: A book. | {t.Input}", t.Right, t.Wrong)),
    ];

    internal override void Write(TaskData data)
    {
        data.With("infinitebench/prompts_and_lengths.json", JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["gpt4"] = s_tasks.ToDictionary(t => t.Task, _ => "chat: {context} | {input}"),
            ["yarn-mistral (also yi, chatglm3)"] = s_tasks.ToDictionary(t => t.Task, _ => "base: {context} | {input}"),
            ["max_new_tokens"] = s_tasks.ToDictionary(t => t.Task, _ => 40),
        }));
        foreach ((string task, string input, object answer, _, _) in s_tasks)
        {
            data.With($"infinitebench/data/{task}.jsonl", [new { id = 0, context = "A book.", input, answer, options = s_options }]);
        }
    }
}
