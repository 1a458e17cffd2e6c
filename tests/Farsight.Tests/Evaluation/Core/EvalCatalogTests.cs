using Farsight.Engine;
using Farsight.Evaluation.Core;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>What every task must keep, run over the whole catalog: a new task is covered by being there.</summary>
/// <remarks>Tasks whose data are missing are listed in the test's output and left out.</remarks>
public sealed class EvalCatalogTests(ITestOutputHelper output)
{
    const int Taken = 3;

    // characters here: about 8,000 tokens elsewhere, which RULER's longest samples need
    static readonly EvalSetting s_setting = new(Length: 32_768, Seed: 7)
    {
        Samples = 1,
        Depths = [0, 1],
        Data = new(SharedMaterial.Missing("evaldata") is null ? SharedMaterial.PathOf("evaldata") : null),
        Haystack = EvalSamples.HaystackOf(documents: 20),
        Tokens = EvalSamples.Text,
        Format = EvalSamples.Text,
    };

    [Fact]
    public void Names_are_unique_and_cards_are_filled_in()
    {
        Assert.Equal(EvalTaskCatalog.All.Count, EvalTaskCatalog.All.Select(t => t.Card.Name).Distinct().Count());
        Assert.Empty(EvalTaskCatalog.All.Select(t => t.Card.Name).Intersect(EvalTaskCatalog.All.Select(t => t.Card.Benchmark)));
        Assert.All(EvalTaskCatalog.All.Select(t => t.Card), card =>
        {
            Assert.Equal(card.Name.ToLowerInvariant(), card.Name);
            Assert.All([card.Name, card.Title, card.Source, card.Metric], text => Assert.False(string.IsNullOrWhiteSpace(text)));
            Assert.True(card.Version >= 1);
            Assert.True(card.Chance is null or (>= 0 and < 1));
            Assert.Empty(card.Suites.Except(EvalTaskCatalog.Suites));
        });
        Assert.True(EvalTaskCatalog.All.Count >= 72, $"only {EvalTaskCatalog.All.Count} tasks were found");
    }

    [Fact]
    public void Every_task_is_of_exactly_one_kind() => Assert.All(EvalTaskCatalog.All, t =>
        Assert.Equal(1, (t is IGeneratedTask ? 1 : 0) + (t is IChoiceTask ? 1 : 0) + (t is IJudgedTask ? 1 : 0)));

    [Fact]
    public void Same_setting_gives_same_examples_under_different_ids() => OverAll(task =>
    {
        EvalExample[] first = Examples(task), again = Examples(task);

        Assert.Equal(first.Select(e => (e.Id, Said(e.Prompt))), again.Select(e => (e.Id, Said(e.Prompt))));
        Assert.Equal(first.Length, first.Select(e => e.Id).Distinct().Count());
        Assert.All(first, e => Assert.Equal(first[0].Groups.Keys.Order(), e.Groups.Keys.Order()));
        Assert.NotEmpty(first);
    });

    [Fact]
    public void Examples_say_how_they_are_answered() => OverAll(task => Assert.All(Examples(task), e =>
    {
        Assert.Equal(task is IChoiceTask, e.MaxNewTokens == 0);
        Assert.Equal(task is IChoiceTask, e.Choices.Count > 0);
        if (task.Card.IsPerLength)
        {
            Assert.Contains(EvalExample.Length, e.Groups.Keys);
        }
    }));

    [Fact]
    public void No_answer_scores_no_more_than_a_reference() =>
        OverAll(task =>
        {
            foreach (EvalExample e in task is IGeneratedTask ? Examples(task).Where(e => e.References.Count > 0) : [])
            {
                IGeneratedTask generated = (IGeneratedTask)task;
                double none = generated.Score(e, "").Value,
                    right = new[] { string.Join(", ", e.References), string.Join("\n", e.References) }
                        .Concat(e.References)
                        .Max(r => generated.Score(e, r).Value);
                Assert.InRange(none, 0, right);
                Assert.InRange(right, 0, 1);
            }
        });

    [Fact]
    public void Needle_is_short_for_one_needle() => Assert.Equal("needle/single", EvalTaskCatalog.Get("needle").Card.Name);

    [Fact]
    public void An_unknown_name_is_answered_with_the_list()
    {
        InputException e = Assert.Throws<InputException>(() => EvalTaskCatalog.Find("needle/singel"));

        Assert.StartsWith("No task 'needle/singel'. Tasks: ", e.Message);
        Assert.Contains(
            "needle/distractors, needle/entities, needle/instructions, needle/near, needle/several, needle/single, needle/unanswerable, needle/words",
            e.Message);
        Assert.Equal(
            "No suite 'medium'. Suites: short, long, paper.",
            Assert.Throws<InputException>(() => EvalTaskCatalog.Suite("medium")).Message);
    }

    void OverAll(Action<IEvalTask> check)
    {
        int seen = 0;
        foreach (IEvalTask task in EvalTaskCatalog.All)
        {
            string[] missing = [.. task.Card.Data.Where(d => !d.IsOptional && !s_setting.Data.Exists(d)).Select(d => d.Path)];
            if (missing.Length > 0)
            {
                output.WriteLine($"{task.Card.Name}: left out, {string.Join(", ", missing)} missing");
                continue;
            }
            check(task);
            seen++;
        }
        output.WriteLine($"{seen} of {EvalTaskCatalog.All.Count} tasks");
        Assert.True(seen >= 5, $"only {seen} tasks were seen");
    }

    static EvalExample[] Examples(IEvalTask task) => [.. task.Examples(s_setting).Take(Taken)];

    static string Said(EvalPrompt prompt) => prompt is EvalPrompt.Messages m
        ? string.Join("\n", m.Turns.Select(t => $"{t.Role}: {t.Content}").Append(m.AnswerPrefix))
        : string.Join(' ', ((EvalPrompt.Tokens)prompt).Ids);
}
