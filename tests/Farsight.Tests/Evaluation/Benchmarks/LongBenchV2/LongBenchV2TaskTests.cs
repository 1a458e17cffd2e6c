using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBenchV2;

public sealed class LongBenchV2TaskTests(ITestOutputHelper output) : IDisposable
{
    const string Folder = "evaldata/longbench_v2", Sample = Folder + "/sample_with_context.jsonl.gz";

    readonly TaskData _data = new TaskData()
        .With("longbench_v2/prompts/0shot.txt", "$DOC$|$Q$|$C_A$|$C_B$|$C_C$|$C_D$")
        .With("longbench_v2/prompts/0shot_cot.txt", "$DOC$|$Q$: think")
        .With("longbench_v2/prompts/0shot_cot_ans.txt", "$Q$ $COT$ so?")
        .With("longbench_v2/prompts/0shot_no_context.txt", "$Q$|$C_A$");

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Prompts_have_the_stripped_values_and_examples_their_groups()
    {
        _data.With("longbench_v2/data.json", [Question("1", " a text\n")]);
        EvalExample example = Assert.Single(Examples("longbench-v2"));

        Assert.Equal("a text|Who?|p|q|r|s", TaskData.Asked(example.Prompt));
        Assert.Same(PromptCuts.LongBenchV2Middle, ((EvalPrompt.Messages)example.Prompt).Cut);
        Assert.Equal(("hard", "short", "Papers"), (example.Groups["difficulty"], example.Groups["size"], example.Groups["domain"]));
        Assert.Equal((128, 0.1f), (example.MaxNewTokens, example.Temperature));
        Assert.Equal("Who?|p", TaskData.Asked(Examples("longbench-v2-no-context")[0].Prompt));
    }

    [Fact]
    public void The_letter_decides_and_no_letter_is_a_quarter_beside()
    {
        _data.With("longbench_v2/data.json", [Question("1", "text")]);
        EvalExample example = Examples("longbench-v2")[0];
        EvalScore Said(string text) => ((IGeneratedTask)EvalTaskCatalog.Get("longbench-v2")).Score(example, text);

        Assert.Equal(
            (1, 1, 1),
            (
                Said("The correct answer is (B).").Value,
                Said("The correct answer is **(B)**").Beside["compensated"],
                Said("The correct answer is B").Beside["answered"]));
        Assert.Equal(
            (0, 0, 1),
            (
                Said("The correct answer is (C).").Value,
                Said("The correct answer is (C).").Beside["compensated"],
                Said("The correct answer is (C).").Beside["answered"]));
        Assert.Equal((0, 0.25, 0), (Said("B").Value, Said("B").Beside["compensated"], Said("B").Beside["answered"]));
    }

    [Fact]
    public void After_a_chain_of_thought_the_letter_is_asked_without_the_document()
    {
        _data.With("longbench_v2/data.json", [Question("1", "text")]);
        EvalExample example = Examples("longbench-v2-cot")[0];
        IFollowUpTask task = (IFollowUpTask)EvalTaskCatalog.Get("longbench-v2-cot");

        Assert.Equal(("text|Who?: think", 1024), (TaskData.Asked(example.Prompt), example.MaxNewTokens));
        EvalFollowUp next = task.FollowUp(example, [" He, $Q$.\n"])!;
        Assert.Equal(("Who? He, $Q$. so?", 128), (TaskData.Asked(next.Prompt), next.MaxNewTokens));
        Assert.Null(task.FollowUp(example, ["He.", "The correct answer is (B)"]));
    }

    [Fact]
    public void Both_parts_of_the_sample_are_read_and_the_official_file_before_them()
    {
        _data
            .With("longbench_v2/sample_with_context.jsonl", [Question("1", "a")])
            .With("longbench_v2/sample_with_context_2.jsonl", [Question("2", "b")]);
        Assert.Equal(["1", "2"], Examples("longbench-v2").Select(e => e.Id));

        _data.With("longbench_v2/data.json", [Question("3", "c")]);
        Assert.Equal(["3"], Examples("longbench-v2").Select(e => e.Id));
    }

    // Hashes of the prompts by Python's str.replace and str.strip, as the official program makes them.
    [SharedTheory(Sample)]
    [Trait("Category", "Golden")]
    [InlineData("longbench-v2", 112, "75ace912aed66ccfde182d0e3a3e52e0a0676fde5150c3e5f2ec97ae91397062")]
    [InlineData("longbench-v2-cot", 112, "8bb041fc578f04bebaa5c1f13309929e16beaf24fa9bc81acaf6eb0aa73370e5")]
    [InlineData("longbench-v2-no-context", 503, "00935c77fe435773fc78494d81ab6fb2745a597d5f2ea472601730d8d75aab6f")]
    public void Prompts_are_byte_for_byte_those_of_python(string task, int count, string sha256)
    {
        string[] prompts = [.. EvalTaskCatalog.Get(task).Examples(Shared()).Select(e => TaskData.Asked(e.Prompt))];

        Assert.Equal(count, prompts.Length);
        Assert.Equal(sha256, TaskData.Sha256(prompts));
    }

    [SharedFact(Sample)]
    [Trait("Category", "Golden")]
    public void Second_prompts_are_byte_for_byte_those_of_python()
    {
        IFollowUpTask task = (IFollowUpTask)EvalTaskCatalog.Get("longbench-v2-cot");
        Assert.Equal(
            "766142b375d1c20d183c6007529364ef5655935e9a3bcf3c5a40978c11b01268",
            TaskData.Sha256(task.Examples(Shared()).Select(e => TaskData.Asked(task.FollowUp(e, ["Thought $Q$ **x**"])!.Prompt))));
    }

    [SharedFact(Folder + "/lcm_stack_predictions")]
    [Trait("Category", "Golden")]
    public void Stored_letters_are_judged_as_they_were()
    {
        EvalGoldens goldens = new(output);
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("longbench-v2");
        string[] files = [.. Directory.GetFiles(SharedMaterial.PathOf(Folder + "/lcm_stack_predictions")).Order(StringComparer.Ordinal)];
        foreach (string path in files)
        {
            foreach (System.Text.Json.JsonElement row in EvalGoldens.Lines(path))
            {
                EvalExample example = new(
                    "",
                    EvalPrompt.Of(""),
                    EvalGoldens.Strings(System.Text.Json.JsonDocument.Parse($"[{row.GetProperty("answers").GetRawText()}]").RootElement),
                    1);
                string said = row.GetProperty("pred").GetString() is { } letter ? $"The correct answer is ({letter})." : "I do not know.";
                goldens.Check(path, row.GetProperty("judge").GetBoolean() ? 1.0 : 0.0, task.Score(example, said).Value);
            }
        }
        goldens.Finish("longbench_v2/lcm_stack_predictions", files.Sum(f => EvalGoldens.Lines(f).Count()));
    }

    static EvalSetting Shared() => new(4096, 7) { Data = new(SharedMaterial.PathOf("evaldata")) };

    static object Question(string id, string context) => new
    {
        _id = id,
        domain = "Papers",
        sub_domain = "one",
        difficulty = "hard",
        length = "short",
        question = " Who? ",
        choice_A = "p",
        choice_B = "q ",
        choice_C = "r",
        choice_D = "s",
        answer = "B",
        context,
    };

    EvalExample[] Examples(string task) => [.. EvalTaskCatalog.Get(task).Examples(_data.Setting)];
}
