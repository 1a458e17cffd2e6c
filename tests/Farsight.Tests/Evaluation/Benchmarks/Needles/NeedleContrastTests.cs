using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Needles;

/// <summary>The needle tasks that measure what <c>synth contrast</c> teaches.</summary>
public sealed class NeedleContrastTests
{
    static readonly EvalSetting s_setting = EvalSamples.Setting with { Samples = 8, Length = 900 };

    public static TheoryData<string> Names => ["needle/entities", "needle/instructions", "needle/near", "needle/unanswerable"];

    [Theory, MemberData(nameof(Names))]
    public void Same_setting_gives_same_examples_that_fill_the_length_exactly(string name)
    {
        IGeneratedTask task = Task(name);

        Assert.Equal(task.Examples(s_setting).SelectMany(Ids), task.Examples(s_setting).SelectMany(Ids));
        Assert.Equal(task.Count(s_setting), task.Examples(s_setting).Select(e => e.Id).Distinct().Count());
        Assert.All(task.Examples(s_setting), e => Assert.Equal(s_setting.Length, Ids(e).Count + e.MaxNewTokens));
        Assert.All(task.Examples(s_setting), e => Assert.True(EvalSamples.Text.Response(e.References[0]).Length <= e.MaxNewTokens));
        Assert.Empty(task.Card.Suites);
    }

    [Theory, MemberData(nameof(Names))]
    public void More_samples_and_depths_move_none_of_the_others(string name)
    {
        IGeneratedTask task = Task(name);
        Dictionary<string, EvalExample> more = task.Examples(s_setting with { Samples = 11, Depths = [0, 0.25, 0.5, 1] })
            .ToDictionary(e => e.Id);

        Assert.All(task.Examples(s_setting), e => Assert.Equal(Ids(e), Ids(more[e.Id])));
        Assert.All(task.Examples(s_setting), e => Assert.Equal(e.References, more[e.Id].References));
    }

    [Theory, MemberData(nameof(Names))]
    public void The_right_answer_scores_1_and_no_answer_scores_0(string name)
    {
        IGeneratedTask task = Task(name);

        Assert.All(task.Examples(s_setting), e => Assert.Equal(1, task.Score(e, $" {e.References[0]}\n").Value));
        Assert.All(task.Examples(s_setting), e => Assert.Equal(0, task.Score(e, "").Value));
    }

    [Fact]
    public void Near_keys_share_a_word_with_the_asked_one_and_an_answer_with_their_value_is_counted()
    {
        IGeneratedTask task = Task("needle/near");
        foreach (EvalExample example in task.Examples(s_setting))
        {
            IReadOnlyList<string> others = example.Details["others"];
            Assert.Equal(4, others.Count);
            Assert.All(others, v => Assert.Contains(v, Prompt(example), StringComparison.Ordinal));
            string mistaken = example.References[0].Replace(example.Details["values"][0], others[2], StringComparison.Ordinal);
            Assert.Equal((0, 1, 0), Scores(task.Score(example, mistaken), "distractor", "value"));
            Assert.Equal((1, 0, 1), Scores(task.Score(example, example.References[0]), "distractor", "value"));
        }
    }

    [Fact]
    public void Half_of_the_questions_have_no_answer_in_the_text()
    {
        IGeneratedTask task = Task("needle/unanswerable");
        ILookup<string, EvalExample> by = task.Examples(s_setting).ToLookup(e => e.Groups["asked"]);

        Assert.Equal(by["absent"].Count(), by["present"].Count());
        Assert.All(by["absent"], e => Assert.Equal(NeedleQuestions.Refusal, e.References.Single()));
        Assert.All(by["absent"], e => Assert.DoesNotContain(KeyOf(e), Prompt(e).Split("<2>")[0], StringComparison.Ordinal));
        Assert.All(by["present"], e => Assert.Contains(e.References.Single(), Prompt(e), StringComparison.Ordinal));
        Assert.All(by["absent"], e => Assert.Equal((0, 0, 1), Scores(task.Score(e, "It is 5."), "false refusals", "hallucinations")));
        Assert.All(
            by["present"],
            e => Assert.Equal((0, 1, 0), Scores(task.Score(e, NeedleQuestions.Refusal), "false refusals", "hallucinations")));
    }

    [Fact]
    public void An_entity_that_is_not_in_the_text_is_counted_and_one_left_out_costs_its_share()
    {
        IGeneratedTask task = Task("needle/entities");
        EvalExample example = task.Examples(s_setting).First(e => e.Details["values"].Count == 3);
        string right = example.References[0], first = right[..(right.IndexOf('.', StringComparison.Ordinal) + 1)];

        Assert.Equal((1, 1, 0), Scores(task.Score(example, right), "exact", "invented"));
        Assert.Equal((1, 0, 1), Scores(task.Score(example, $"{right} The password of nobody is black sheep."), "exact", "invented"));
        Assert.Equal(1.0 / 3, task.Score(example, first).Value, 12);
    }

    [Fact]
    public void The_usual_answer_is_right_only_where_no_form_is_asked_for()
    {
        IGeneratedTask task = Task("needle/instructions");
        EvalExample[] examples = [.. task.Examples(s_setting with { Samples = 20 })];

        Assert.Equal(NeedleForm.All.Select(f => f.Name).Order(), examples.Select(e => e.Groups["form"]).Distinct().Order());
        Assert.All(
            examples.Where(e => e.Groups["form"] != "sentence"),
            e => Assert.Equal(0, task.Score(e, $"The thing is {e.Details["values"][0]}.").Value));
        Assert.All(examples, e => Assert.Equal(1, task.Score(e, $"The thing is {e.Details["values"][0]}.").Beside["value"]));
    }

    [Theory]
    [InlineData(NeedleKind.MagicNumber), InlineData(NeedleKind.Password), InlineData(NeedleKind.HiddenThing), InlineData(NeedleKind.Code)]
    public void Near_needles_share_exactly_one_word_with_the_first_and_keep_to_their_split(NeedleKind kind)
    {
        SeededRandom random = SeededRandom.For(3, "near", 0);
        IReadOnlyList<Needle> needles = SimilarNeedles.Make(ref random, kind, NeedleSplit.Evaluation, 8);
        string[][] words = [.. needles.Select(n => n.Key.Split(' ').Where(w => w != "of").ToArray())];

        Assert.Equal(8, needles.Select(n => n.Key).Distinct().Count());
        Assert.Equal(8, needles.Select(n => n.Value).Distinct().Count());
        Assert.All(words.Skip(1), w => Assert.Single(w.Intersect(words[0])));
        Assert.All(words.SelectMany(w => w), w => Assert.Equal(NeedleSplit.Evaluation, NeedleWords.SplitOf(w)));
    }

    static (double, double, double) Scores(EvalScore score, string first, string second) =>
        (score.Value, score.Beside[first], score.Beside[second]);

    static string KeyOf(EvalExample example) =>
        example
            .Question.Replace(" hidden?", "", StringComparison.Ordinal)
            .TrimEnd('?')
            .Split([" for ", " password of ", " is the ", " code of the "], StringSplitOptions.None)[^1];

    static string Prompt(EvalExample example) => EvalSamples.Text.Decode([.. Ids(example)]);

    static IGeneratedTask Task(string name) => (IGeneratedTask)EvalTaskCatalog.Get(name);

    static IReadOnlyList<int> Ids(EvalExample example) => ((EvalPrompt.Tokens)example.Prompt).Ids;
}
