using Farsight.Alignment.Evaluation;
using Farsight.Engine;

namespace Farsight.Tests.Evaluation;

/// <summary>What every task must keep, run over the whole catalog: a new task is covered by being there.</summary>
public sealed class EvalTaskTests
{
    static readonly EvalSetting s_setting = EvalSamples.Setting;

    public static TheoryData<string> Names => [.. EvalTaskCatalog.All.Select(t => t.Card.Name)];

    [Fact]
    public void The_catalog_holds_the_known_tasks_under_unique_names() =>
        Assert.Equal(["needle/distractors", "needle/several", "needle/single", "needle/words"], EvalTaskCatalog.All.Select(t => t.Card.Name));

    [Fact]
    public void Needle_is_short_for_one_needle() =>
        Assert.Equal("needle/single", EvalTaskCatalog.Get("needle").Card.Name);

    [Fact]
    public void An_unknown_name_is_answered_with_the_list()
    {
        InputException e = Assert.Throws<InputException>(() => EvalTaskCatalog.Get("needle/singel"));

        Assert.Equal("No task 'needle/singel'. Tasks: needle/distractors, needle/several, needle/single, needle/words, perplexity.", e.Message);
    }

    [Theory, MemberData(nameof(Names))]
    public void Same_setting_gives_same_examples(string name)
    {
        IEvalTask task = EvalTaskCatalog.Get(name);

        Assert.Equal(task.Examples(s_setting).SelectMany(e => e.PromptTokens), task.Examples(s_setting).SelectMany(e => e.PromptTokens));
        Assert.Equal(6, task.Examples(s_setting).Select(e => e.Id).Distinct().Count());
        Assert.NotEqual(
            task.Examples(s_setting).SelectMany(e => e.PromptTokens),
            task.Examples(s_setting with { Seed = 8 }).SelectMany(e => e.PromptTokens));
    }

    [Theory, MemberData(nameof(Names))]
    public void More_samples_and_depths_move_none_of_the_others(string name)
    {
        IEvalTask task = EvalTaskCatalog.Get(name);
        Dictionary<string, EvalExample> more = task.Examples(s_setting with { Samples = 3, Depths = [0, 0.25, 0.5, 1] }).ToDictionary(e => e.Id);

        Assert.All(task.Examples(s_setting), e => Assert.Equal(e.PromptTokens, more[e.Id].PromptTokens));
    }

    [Theory, MemberData(nameof(Names))]
    public void Prompt_and_room_fill_the_context_exactly(string name) =>
        Assert.All(EvalTaskCatalog.Get(name).Examples(s_setting), e =>
        {
            Assert.Equal(s_setting.ContextTokens, e.PromptTokens.Count + e.MaxNewTokens);
            Assert.Equal(CharacterText.Bos, e.PromptTokens[0]);
            Assert.Equal(CharacterText.Assistant, e.PromptTokens[^1]);
            Assert.True(s_setting.Text.Response(e.Answers[0]).Length <= e.MaxNewTokens);
        });

    [Theory, MemberData(nameof(Names))]
    public void Right_answer_scores_1_and_none_scores_0(string name)
    {
        IEvalTask task = EvalTaskCatalog.Get(name);

        Assert.All(task.Examples(s_setting), e =>
        {
            Assert.Equal(1, task.Score(e, e.Answers[0]).Value);
            Assert.All(task.Score(e, " " + e.Answers[0] + "\n").Beside.Values, v => Assert.Equal(1, v));
            Assert.Equal(0, task.Score(e, "").Value);
            Assert.All(task.Score(e, "").Beside.Values, v => Assert.Equal(0, v));
        });
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_value_asked_for_stands_in_the_prompt_once(string name) =>
        Assert.All(EvalTaskCatalog.Get(name).Examples(s_setting), e =>
        {
            string prompt = s_setting.Text.Decode([.. e.PromptTokens]);
            Assert.All(e.Values, v => Assert.Equal(2, prompt.Split(v).Length));
        });

    [Theory, MemberData(nameof(Names))]
    public void Too_short_a_context_is_said_with_the_least_length(string name)
    {
        InputException e = Assert.Throws<InputException>(() => EvalTaskCatalog.Get(name).Examples(s_setting with { ContextTokens = 40 }).ToList());

        Assert.Contains("A context of 40 tokens is too short for this task; it needs at least ", e.Message);
    }

    [Fact]
    public void Depth_0_puts_the_needle_first_and_depth_1_last()
    {
        EvalExample[] examples = [.. EvalTaskCatalog.Get("needle/single").Examples(s_setting)];

        Assert.StartsWith("<0><1> The special magic number", s_setting.Text.Decode([.. examples[0].PromptTokens]));
        Assert.Contains($"{examples[^1].Values[0]}.<2>What", s_setting.Text.Decode([.. examples[^1].PromptTokens]));
    }

    [Fact]
    public void In_the_middle_the_needle_stands_between_two_whole_sentences()
    {
        EvalExample example = EvalTaskCatalog.Get("needle/single").Examples(s_setting with { Depths = [0.5] }).First();
        string prompt = s_setting.Text.Decode([.. example.PromptTokens]);
        int at = prompt.IndexOf(" The special", StringComparison.Ordinal);

        Assert.Equal("little.", prompt[(at - 7)..at]);
        Assert.InRange((double)at / prompt.IndexOf("<2>", StringComparison.Ordinal), 0.42, 0.51);
    }

    [Fact]
    public void A_value_beside_the_sentence_counts_for_the_second_metric_only()
    {
        IEvalTask task = EvalTaskCatalog.Get("needle");
        EvalExample example = task.Examples(s_setting).First();

        Assert.Equal(0, task.Score(example, $"It is {example.Values[0]}.").Value);
        Assert.Equal(1, task.Score(example, $"It is {example.Values[0]}.").Beside["value"]);
        Assert.Equal(0, task.Score(example, $"It is {example.Values[0]}7.").Beside["value"]); // another number
    }
}
