using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Benchmarks.Needles;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Needles;

/// <summary>What every needle task must keep.</summary>
public sealed class NeedleTaskTests
{
    static readonly EvalSetting s_setting = EvalSamples.Setting;

    public static TheoryData<string> Names => ["needle/distractors", "needle/several", "needle/single", "needle/words"];

    [Theory, MemberData(nameof(Names))]
    public void Same_setting_gives_same_examples(string name)
    {
        IGeneratedTask task = Task(name);

        Assert.Equal(task.Examples(s_setting).SelectMany(Ids), task.Examples(s_setting).SelectMany(Ids));
        Assert.Equal(6, task.Examples(s_setting).Select(e => e.Id).Distinct().Count());
        Assert.NotEqual(
            task.Examples(s_setting).SelectMany(Ids),
            task.Examples(s_setting with { Seed = 8 }).SelectMany(Ids));
    }

    [Fact]
    public void A_draft_with_a_group_and_a_detail_keeps_both()
    {
        SeededRandom random = SeededRandom.For(1, "test", 0);
        Needle needle = NeedleMaker.Make(ref random, NeedleKind.MagicNumber, NeedleSplit.Evaluation, new HashSet<string>());
        NeedleDraft draft = NeedleDraft.One(needle, 0.5) with { Group = ("asked", "absent"), Detail = ("others", ["7"]) };

        EvalExample example = NeedlePrompt.Build(ref random, s_setting, "test", "0", 0.5, draft);

        Assert.Equal(("absent", "7"), (example.ValueOf("asked"), example.Details["others"].Single()));
        Assert.Equal([needle.Value], example.Details[NeedlePrompt.Values]);
    }

    // Beginnings of hashes of what a model is given and scored by. A change makes scores incomparable and needs a new version.
    [Theory]
    [InlineData("needle/single", "abaf3d3e423ea9b7")]
    [InlineData("needle/words", "cca1b01cc3ed2320")]
    [InlineData("needle/distractors", "e1e83a85f59517c7")]
    [InlineData("needle/several", "5027804a9cc0f722")]
    [InlineData("needle/near", "9356450d009d4f9d")]
    [InlineData("needle/entities", "7417c3ac0f751cd4")]
    [InlineData("needle/instructions", "107cc7c86489994e")]
    [InlineData("needle/unanswerable", "55b52ec53cbac99d")]
    public void Examples_of_version_1_do_not_change(string name, string sha256)
    {
        Assert.Equal(1, Task(name).Card.Version);
        Assert.Equal(
            sha256,
            TaskData.Sha256(Task(name).Examples(s_setting).Select(e =>
                $"{e.Id} {string.Join(' ', Ids(e))} {e.MaxNewTokens} {e.References[0]} {string.Join('|', e.Details["values"])}"))[..16]);
    }

    [Theory, MemberData(nameof(Names))]
    public void More_samples_and_depths_move_none_of_the_others(string name)
    {
        IGeneratedTask task = Task(name);
        Dictionary<string, EvalExample> more = task.Examples(s_setting with { Samples = 3, Depths = [0, 0.25, 0.5, 1] })
            .ToDictionary(e => e.Id);

        Assert.All(task.Examples(s_setting), e => Assert.Equal(Ids(e), Ids(more[e.Id])));
    }

    [Theory, MemberData(nameof(Names))]
    public void Prompt_and_room_fill_the_context_exactly(string name) =>
        Assert.All(EvalTaskCatalog.Get(name).Examples(s_setting), e =>
        {
            Assert.Equal(s_setting.Length, Ids(e).Count + e.MaxNewTokens);
            Assert.Equal(CharacterText.Bos, Ids(e)[0]);
            Assert.Equal(CharacterText.Assistant, Ids(e)[^1]);
            Assert.True(EvalSamples.Text.Response(e.References[0]).Length <= e.MaxNewTokens);
        });

    [Theory, MemberData(nameof(Names))]
    public void Right_answer_scores_1_and_none_scores_0(string name)
    {
        IGeneratedTask task = Task(name);

        Assert.All(task.Examples(s_setting), e =>
        {
            Assert.Equal(1, task.Score(e, e.References[0]).Value);
            Assert.All(task.Score(e, " " + e.References[0] + "\n").Beside.Values, v => Assert.Equal(1, v));
            Assert.Equal(0, task.Score(e, "").Value);
            Assert.All(task.Score(e, "").Beside.Values, v => Assert.Equal(0, v));
        });
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_value_asked_for_stands_in_the_prompt_once(string name) =>
        Assert.All(EvalTaskCatalog.Get(name).Examples(s_setting), e =>
        {
            string prompt = EvalSamples.Text.Decode([.. Ids(e)]);
            Assert.All(e.Details["values"], v => Assert.Equal(2, prompt.Split(v).Length));
        });

    [Theory, MemberData(nameof(Names))]
    public void Too_short_a_context_is_said_with_the_least_length(string name)
    {
        InputException e = Assert.Throws<InputException>(() => EvalTaskCatalog.Get(name).Examples(s_setting with { Length = 40 }).ToList());

        Assert.Contains("A context of 40 tokens is too short for this task; it needs at least ", e.Message);
    }

    [Fact]
    public void Depth_0_puts_the_needle_first_and_depth_1_last()
    {
        EvalExample[] examples = [.. EvalTaskCatalog.Get("needle/single").Examples(s_setting)];

        Assert.StartsWith("<0><1> The special magic number", EvalSamples.Text.Decode([.. Ids(examples[0])]));
        Assert.Contains($"{examples[^1].Details["values"][0]}.<2>What", EvalSamples.Text.Decode([.. Ids(examples[^1])]));
    }

    [Fact]
    public void In_the_middle_the_needle_stands_between_two_whole_sentences()
    {
        EvalExample example = EvalTaskCatalog.Get("needle/single").Examples(s_setting with { Depths = [0.5] }).First();
        string prompt = EvalSamples.Text.Decode([.. Ids(example)]);
        int at = prompt.IndexOf(" The special", StringComparison.Ordinal);

        Assert.Equal("little.", prompt[(at - 7)..at]);
        Assert.InRange((double)at / prompt.IndexOf("<2>", StringComparison.Ordinal), 0.42, 0.51);
    }

    [Fact]
    public void A_value_beside_the_sentence_counts_for_the_second_metric_only()
    {
        IGeneratedTask task = Task("needle");
        EvalExample example = task.Examples(s_setting).First();

        Assert.Equal(0, task.Score(example, $"It is {example.Details["values"][0]}.").Value);
        Assert.Equal(1, task.Score(example, $"It is {example.Details["values"][0]}.").Beside["value"]);
        Assert.Equal(0, task.Score(example, $"It is {example.Details["values"][0]}7.").Beside["value"]); // another number
    }

    static IGeneratedTask Task(string name) => (IGeneratedTask)EvalTaskCatalog.Get(name);

    static IReadOnlyList<int> Ids(EvalExample example) => ((EvalPrompt.Tokens)example.Prompt).Ids;
}
