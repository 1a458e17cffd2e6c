using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Benchmarks;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>Tests what every task of the catalog guarantees, on the benchmarks' own fixtures.</summary>
/// <remarks>A new task needs a case in its benchmark's <see cref="BenchmarkFixture"/>.</remarks>
public sealed class EvalCatalogTests(EvalCatalogTests.Folders folders) : IClassFixture<EvalCatalogTests.Folders>
{
    // A task that is lost, or a file that is not found, changes it. Update it when you add a task.
    const int TaskCount = 447;

    const int Taken = 3;

    public static TheoryData<string> Fixtures => [.. BenchmarkFixture.All.Select(f => f.GetType().Name)];

    [Fact]
    public void Names_are_unique_and_cards_are_filled_in()
    {
        Assert.Equal(TaskCount, EvalTaskCatalog.All.Select(t => t.Card.Name).Distinct().Count());
        Assert.Equal(TaskCount, EvalTaskCatalog.All.Count);
        Assert.Empty(EvalTaskCatalog.All.Select(t => t.Card.Name).Intersect(EvalTaskCatalog.All.Select(t => t.Card.Benchmark)));
        Assert.All(EvalTaskCatalog.All.Select(t => t.Card), card =>
        {
            Assert.Equal(card.Name.ToLowerInvariant(), card.Name);
            Assert.All([card.Name, card.Title, card.Source, card.Metric], text => Assert.False(string.IsNullOrWhiteSpace(text)));
            Assert.True(card.Version >= 1);
            Assert.True(card.Chance is null or (>= 0 and < 1));
            Assert.Empty(card.Suites.Except(EvalTaskCatalog.Suites));
        });
    }

    [Fact]
    public void Every_task_is_of_exactly_one_kind() => Assert.All(EvalTaskCatalog.All, t =>
        Assert.Equal(1, (t is IGeneratedTask ? 1 : 0) + (t is IChoiceTask ? 1 : 0) + (t is IJudgedTask ? 1 : 0)));

    [Fact]
    public void Every_task_has_a_case_in_one_fixture_which_has_all_its_files()
    {
        string[] names = [.. BenchmarkFixture.All.SelectMany(f => f.Cases).Select(c => c.Task)];

        Assert.Equal(EvalTaskCatalog.All.Select(t => t.Card.Name), names.Order(StringComparer.Ordinal));
        OverAll(made => Assert.Empty(
            made.Task.Card.Data.Where(d => !d.IsOptional && !made.Setting.Data.Exists(d)).Select(d => $"{made.Task.Card.Name}: {d.Path}")));
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void A_benchmark_loads_renders_and_scores_its_fixture(string fixture)
    {
        int seen = 0;
        foreach (Made made in folders.Tasks.Where(m => m.Fixture == fixture))
        {
            EvalExample example = made.Task.Examples(made.Setting).First();
            string name = made.Task.Card.Name, text = Text(example);
            string expected = made.Case.Prompt.Replace("{question}", example.Question, StringComparison.Ordinal);

            Assert.NotEmpty(expected);
            Assert.True(text.Contains(expected, StringComparison.Ordinal), $"{name}: the prompt lacks '{expected}':\n{text}");
            if (made.Case.RunsPrograms)
            {
                InputException refusal = Assert.Throws<InputException>(() => made.Case.Right.Score(made.Task, example));
                Assert.Contains("FARSIGHT_RUN_CODE=1", refusal.Message);
            }
            else
            {
                AssertScore(name, made.Case.Best, made.Case.Right.Score(made.Task, example));
            }
            AssertScore(name, made.Case.Worse, made.Case.Wrong.Score(made.Task, example));
            seen++;
        }
        Assert.NotEqual(0, seen);
    }

    [Fact]
    public void Same_setting_gives_same_examples_under_different_ids() => OverAll(made =>
    {
        EvalExample[] first = Examples(made), again = Examples(made);

        Assert.Equal(first.Select(e => (e.Id, Text(e))), again.Select(e => (e.Id, Text(e))));
        Assert.Equal(first.Length, first.Select(e => e.Id).Distinct().Count());
        Assert.All(first, e => Assert.Equal(first[0].Groups.Keys.Order(), e.Groups.Keys.Order()));
        Assert.NotEmpty(first);
    });

    [Fact]
    public void Examples_say_how_they_are_answered() => OverAll(made => Assert.All(Examples(made), e =>
    {
        Assert.Equal(made.Task is IChoiceTask, e.MaxNewTokens == 0);
        Assert.Equal(made.Task is IChoiceTask, e.Choices.Count > 0);
        if (made.Task.Card.IsPerLength)
        {
            Assert.Contains(EvalExample.Length, e.Groups.Keys);
        }
    }));

    [Fact]
    public void The_right_answer_scores_best_and_no_answer_scores_nothing() => OverAll(made =>
    {
        EvalTaskCard card = made.Task.Card;
        Assert.All(Examples(made).Take(1), example =>
        {
            double? right = made.Case.RunsPrograms ? 1 : made.Case.Right.Score(made.Task, example);
            if (card.IsShare)
            {
                AssertScore(card.Name, 1, right);
            }
            double wrong = made.Case.Wrong.Score(made.Task, example)!.Value;
            Assert.True(card.IsLowerBetter ? wrong > right : wrong < right, $"{card.Name}: wrong scores {wrong}, right {right}");
            switch (made.Task)
            {
                case IGeneratedTask generated:
                    AssertScore(card.Name, 0, generated.Score(example, "").Value);
                    break;
                case IJudgedTask judged:
                    Assert.Null(judged.Score(example, [""], ""));
                    break;
                default:
                    Assert.IsAssignableFrom<IChoiceTask>(made.Task); // answers always
                    break;
            }
        });
    });

    [Fact]
    public void A_failed_example_is_in_the_denominator_of_every_aggregate() => OverAll(made =>
    {
        // The heads' scores are means over the runs that count, and a perplexity has no number that is bad enough.
        if (made.Task is IAggregatedTask and not IObservedTask and { Card.IsLowerBetter: false })
        {
            IAggregatedTask task = (IAggregatedTask)made.Task;
            EvalExample example = made.Task.Examples(made.Setting).First();
            ScoredExample right = new("right", example.Groups, made.Case.Right.WholeScore(made.Task, example)!),
                failed = new("failed", example.Groups, task.Failure(example));

            double whole = task.Aggregate([right]).Value, half = task.Aggregate([right, failed]).Value;

            Assert.True(half > 0 && half <= 0.67 * whole, $"{made.Task.Card.Name}: {half} of {whole}"); // F1 of recall 1/2 is 2/3
        }
    });

    [Fact]
    public void Needle_is_short_for_one_needle() => Assert.Equal("needle/single", EvalTaskCatalog.Get("needle").Card.Name);

    [Fact]
    public void An_unknown_name_is_answered_with_the_list()
    {
        InputException e = Assert.Throws<InputException>(() => EvalTaskCatalog.Find("needle/singel"));

        Assert.StartsWith("No task 'needle/singel'. Did you mean 'needle/single'? Tasks: ", e.Message);
        Assert.Contains(
            "needle/distractors, needle/entities, needle/instructions, needle/near, needle/several, needle/single, needle/unanswerable, "
                + "needle/words",
            e.Message);
        Assert.Equal(
            "No suite 'medium'. Suites: short, long, paper.",
            Assert.Throws<InputException>(() => EvalTaskCatalog.Suite("medium")).Message);
    }

    void OverAll(Action<Made> check)
    {
        int seen = 0;
        foreach (Made made in folders.Tasks)
        {
            check(made);
            seen++;
        }
        Assert.Equal(TaskCount, seen);
    }

    // Scores of ROUGE by the package "rouge" and of micro F1 miss 1 by some hundred-millionths.
    static void AssertScore(string task, double expected, double? actual) =>
        Assert.True(actual is { } score && Math.Abs(score - expected) < 1e-6, $"{task}: {expected} expected, {actual} scored");

    static EvalExample[] Examples(Made made) => [.. made.Task.Examples(made.Setting).Take(Taken)];

    static string Text(EvalExample example) => example.Choices.Any(c => c.Prompt is not null)
        ? string.Concat(example.Choices.Select(c => Text(c.Prompt!) + c.Text))
        : Text(example.Prompt)
            + string.Concat(example.Choices.Select(c => c.Tokens is null ? c.Text : EvalSamples.Text.Decode([.. c.Tokens])));

    static string Text(EvalPrompt prompt) => prompt is EvalPrompt.Messages m
        ? string.Join("\n", m.Turns.Select(t => t.Content).Append(m.AnswerPrefix))[..^(m.AnswerPrefix.Length > 0 ? 0 : 1)]
        : EvalSamples.Text.Decode([.. ((EvalPrompt.Tokens)prompt).Ids]);

    /// <summary>Represents a task with the setting of its fixture.</summary>
    internal sealed record Made(IEvalTask Task, string Fixture, FixtureCase Case, EvalSetting Setting);

    /// <summary>Represents the data folders of all fixtures.</summary>
    public sealed class Folders : IDisposable
    {
        readonly List<TaskData> _data = [];

        public Folders()
        {
            List<Made> tasks = [];
            foreach (BenchmarkFixture fixture in BenchmarkFixture.All)
            {
                TaskData data = new();
                _data.Add(data);
                fixture.Write(data);
                EvalSetting setting = fixture.Setting(data);
                tasks.AddRange(fixture.Cases.Select(c => new Made(EvalTaskCatalog.Get(c.Task), fixture.GetType().Name, c, setting)));
            }
            Tasks = tasks;
        }

        internal IReadOnlyList<Made> Tasks { get; }

        public void Dispose()
        {
            foreach (TaskData data in _data)
            {
                data.Dispose();
            }
        }
    }
}
