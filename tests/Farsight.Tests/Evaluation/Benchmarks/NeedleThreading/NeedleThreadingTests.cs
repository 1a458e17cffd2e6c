using System.Text.Json;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.NeedleThreading;

public class NeedleThreadingTests
{
    static readonly EvalSetting s_setting = new(Length: 5000, Seed: 3) { Tokens = new CharacterText(), Depths = [0, 1], Samples = 2 };

    [Theory]
    [InlineData("threading_single_needle")]
    [InlineData("threading_multi_needle")]
    [InlineData("threading_conditional_needle")]
    [InlineData("threading_single_thread")]
    [InlineData("threading_multi_thread")]
    public void The_answers_follow_from_the_object_and_the_prompt_fits(string name)
    {
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get(name);
        EvalExample[] examples = [.. task.Examples(s_setting)];

        Assert.Equal(task.Count(s_setting), examples.Length);
        foreach (EvalExample example in examples)
        {
            string prompt = ((EvalPrompt.Messages)example.Prompt).Turns[0].Content;
            Dictionary<string, string> pairs = JsonSerializer.Deserialize<Dictionary<string, string>>(prompt.Split('\n')[0])!;
            string[] keys =
            [
                .. pairs
                    .Keys.Where(k => example.Question.Contains(k, StringComparison.Ordinal))
                    .OrderBy(k => example.Question.IndexOf(k, StringComparison.Ordinal)),
            ];
            string[] expected = name.Contains("conditional", StringComparison.Ordinal)
                ? [.. pairs.Where(p => p.Key.Contains('*', StringComparison.Ordinal)).Select(p => p.Value)]
                :
                [
                    .. keys.Select(k =>
                        name.Contains("thread", StringComparison.Ordinal) && !name.Contains("needle", StringComparison.Ordinal)
                            ? Follow(pairs, k)
                            : pairs[k]),
                ];

            Assert.Equal(expected, example.References);
            Assert.InRange(prompt.Length + example.MaxNewTokens, 4700, 5000);
            Assert.Equal(
                1,
                task.Score(
                    example,
                    " " + JsonSerializer.Serialize(example.References.Count == 1 ? example.References[0] : (object)example.References)
                ).Value);
            Assert.Equal(0, task.Score(example, "").Value);
        }
    }

    [Fact]
    public void Lists_count_in_order_only()
    {
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("threading_multi_needle");
        EvalExample example = task.Examples(s_setting).First();

        EvalScore turned = task.Score(example, string.Join(", ", example.References.Reverse()));

        Assert.Equal((0, 1), (turned.Value, turned.Beside["found"]));
    }

    [Fact]
    public void Too_short_a_context_is_refused() =>
        Assert.Contains(
            "use a longer one",
            Assert
                .Throws<InputException>(() =>
                    EvalTaskCatalog.Get("threading_multi_thread").Examples(s_setting with { Length = 900 }).ToList())
                .Message,
            StringComparison.Ordinal);

    static string Follow(Dictionary<string, string> pairs, string key)
    {
        while (pairs.TryGetValue(key, out string? value))
        {
            key = value;
        }
        return key;
    }
}
