using System.Text.RegularExpressions;
using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.Fiction;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Fiction;

/// <summary>What every task on invented documents must keep.</summary>
public sealed class FictionTaskTests
{
    static readonly EvalSetting s_setting = EvalSamples.Setting with { Length = 4000 }; // characters: the tests' tokens

    public static TheoryData<string> Names => ["fiction/multi", "fiction/single", "fiction/summary"];

    [Theory, MemberData(nameof(Names))]
    public void Same_setting_gives_same_examples_and_more_cells_move_none(string name)
    {
        Dictionary<string, EvalExample> more = Task(name)
            .Examples(s_setting with { Samples = 3, Depths = [0, 0.25, 0.5, 1] })
            .ToDictionary(e => e.Id);

        Assert.Equal(6, Task(name).Examples(s_setting).Count());
        Assert.All(Task(name).Examples(s_setting), e => Assert.Equal(Ids(e), Ids(more[e.Id])));
        Assert.NotEqual(Task(name).Examples(s_setting).SelectMany(Ids), Task(name).Examples(s_setting with { Seed = 8 }).SelectMany(Ids));
    }

    // Beginnings of hashes of what a model is given and scored by. A change makes scores incomparable and needs a new version.
    [Theory]
    [InlineData("fiction/multi", "7234ab2ceffcee12")]
    [InlineData("fiction/single", "e268fda0e5143c3a")]
    [InlineData("fiction/summary", "31d8c9b2ecdd8dca")]
    public void Examples_of_version_1_do_not_change(string name, string sha256)
    {
        Assert.Equal(1, Task(name).Card.Version);
        Assert.Equal(
            sha256,
            TaskData.Sha256(Task(name).Examples(s_setting).Select(e =>
                $"{e.Id} {string.Join(' ', Ids(e))} {e.MaxNewTokens} {e.References[0]} {string.Join('|', e.Details["values"])}"))[..16]);
    }

    [Theory, MemberData(nameof(Names))]
    public void Prompt_and_room_fill_the_context_exactly_and_the_text_holds_every_value(string name) =>
        Assert.All(Task(name).Examples(s_setting), e =>
        {
            string prompt = EvalSamples.Text.Decode([.. Ids(e)]);
            Assert.Equal(s_setting.Length, Ids(e).Count + e.MaxNewTokens);
            Assert.True(EvalSamples.Text.Response(e.References[0]).Length <= e.MaxNewTokens);
            Assert.All(e.Details["values"], v => Assert.Contains(v, prompt[..prompt.LastIndexOf(e.Question, StringComparison.Ordinal)]));
        });

    [Theory, MemberData(nameof(Names))]
    public void Right_answer_scores_1_and_none_scores_0(string name) =>
        Assert.All(Task(name).Examples(s_setting), e =>
        {
            Assert.Equal(1, Task(name).Score(e, e.References[0]).Value);
            Assert.All(Task(name).Score(e, " " + e.References[0] + "\n").Beside.Values, v => Assert.Equal(1, v));
            Assert.Equal(0, Task(name).Score(e, "").Value);
            Assert.All(Task(name).Score(e, "").Beside.Values, v => Assert.Equal(0, v));
        });

    [Theory, MemberData(nameof(Names))]
    public void Too_short_a_context_is_said(string name)
    {
        InputException e = Assert.Throws<InputException>(() => Task(name).Examples(s_setting with { Length = 60 }).ToList());

        Assert.Contains("A context of 60 tokens is too short for this task; it needs at least ", e.Message);
    }

    [Fact]
    public void Depth_0_opens_the_text_with_the_fact_and_depth_1_closes_it()
    {
        EvalExample[] examples = [.. Task("fiction/single").Examples(s_setting)];

        Assert.StartsWith($"<0><1> {Support(examples[0])}", EvalSamples.Text.Decode([.. Ids(examples[0])]));
        Assert.Contains($" {Support(examples[^1])}<2>", EvalSamples.Text.Decode([.. Ids(examples[^1])]));
    }

    [Fact]
    public void Half_of_two_details_is_half_the_score()
    {
        EvalExample example = Task("fiction/multi").Examples(s_setting).First();

        EvalScore score = Task("fiction/multi").Score(example, $"It is {example.Details["values"][1]}, I think.");
        Assert.Equal((0.5, 0), (score.Value, score.Beside["all"]));
    }

    [Fact]
    public void A_summary_wants_every_fact_about_its_subject_and_of_no_other() =>
        Assert.All(Task("fiction/summary").Examples(s_setting with { Length = 12_000, Samples = 4 }), e =>
        {
            string subject = e.Question["What does the text say about ".Length..^1];
            Assert.InRange(e.Details["values"].Count, 2, 8);
            Assert.Equal(e.Details["values"].Count, Regex.Count(e.References[0], Regex.Escape(subject), RegexOptions.IgnoreCase));
        });

    [Fact]
    public void Every_fact_is_found_in_the_tokens_of_its_sentence()
    {
        FictionText text = FictionText.Of(seed: 3, index: 0, least: 60_000, EvalSamples.Text);

        int told = FictionWriter.WriteCharacters(3, 0, 3 * 60_000).Questions.Count;
        Assert.InRange(told - text.Facts.Count, 0, told / 50); // a sentence that the cutter of sentences cuts is not asked for
        Assert.All(
            text.Facts,
            f => Assert.Equal(" " + f.Fact.Support, EvalSamples.Text.Decode(text.Tokens.AsSpan(f.Start, f.End - f.Start))));
    }

    // The sentence itself, with what may follow the clause of the answer.
    static string Support(EvalExample example)
    {
        string prompt = EvalSamples.Text.Decode([.. Ids(example)]);
        int at = prompt.IndexOf(example.References[0][1..^1], StringComparison.Ordinal);
        int from = Math.Max(
            prompt.LastIndexOf(". ", at, StringComparison.Ordinal) + 2,
            prompt.LastIndexOf("<1> ", at, StringComparison.Ordinal) + 4);
        return prompt[from..(prompt.IndexOf('.', at) + 1)];
    }

    static IGeneratedTask Task(string name) => (IGeneratedTask)EvalTaskCatalog.Get(name);

    static IReadOnlyList<int> Ids(EvalExample example) => ((EvalPrompt.Tokens)example.Prompt).Ids;
}
