using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Tests.Evaluation.Core;

public sealed class EvalRunnerTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_perfect_reader_scores_1_in_every_cell()
    {
        EvalResults results = EvalSamples
            .Runner(new ScriptedCompleter(ScriptedCompleter.Read))
            .Run(EvalSamples.Plan("needle", "needle/distractors"));

        Assert.Equal(2, results.Tasks.Count);
        Assert.All(results.Tasks, t => Assert.Equal(4, t.Cells.Count));
        Assert.All(results.Tasks.SelectMany(t => t.Cells), c => Assert.Equal((1, 2, 0), (c.Mean, c.N, c.Failed)));
        Assert.All(results.Tasks.SelectMany(t => t.Lengths), l => Assert.Equal((1, 4, 1), (l.Mean, l.N, l.Beside["value"])));
        Assert.Equal(16, results.Examples.Count);
        Assert.All(results.Examples, e => Assert.StartsWith("The special magic number", e.Completion));
    }

    [Fact]
    public void A_failed_example_counts_as_0_and_says_why()
    {
        int n = 0;
        IReadOnlyList<int>? bad = null;
        ScriptedCompleter completer = new(r =>
        {
            IReadOnlyList<int> prompt = ScriptedCompleter.PromptOf(r);
            bad = n++ == 1 ? prompt : bad;
            return prompt == bad ? throw new InputException("too long for me") : ScriptedCompleter.Read(r);
        });

        EvalResults results = EvalSamples.Runner(completer).Run(EvalSamples.Plan("needle"));

        CellResult cell = results.Tasks[0].Cells[0];
        Assert.Equal((0.5, 2, 1), (cell.Mean, cell.N, cell.Failed));
        Assert.Equal("InputException: too long for me", results.Examples[1].Failed);
        Assert.Equal(0, results.Examples[1].Score);
        Assert.Equal(new Dictionary<string, int> { ["InputException"] = 1 }, results.Tasks[0].Failures);
    }

    [Fact]
    public void A_bug_of_the_model_or_of_the_scoring_ends_the_run_with_its_own_exception()
    {
        ScriptedCompleter broken = new(_ => throw new InvalidOperationException("a bug"));

        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() =>
            EvalSamples.Runner(broken).Run(EvalSamples.Plan("needle"), _folder.Path));
        Assert.Equal("a bug", e.Message);
        Assert.Contains(nameof(A_bug_of_the_model_or_of_the_scoring_ends_the_run_with_its_own_exception), e.StackTrace);
        Assert.Empty(File.ReadAllLines(_folder[EvalFiles.ExamplesName])); // no record says that the answer was wrong

        // Stands for any exception of a programming mistake; nothing is left to implement here.
        Assert.Throws<NotImplementedException>(() =>
            EvalSamples.Runner(new ScriptedCompleter(_ => "1")).Run(ScriptedPlans.Of(new UnscorableTask(new NotImplementedException()))));
    }

    [Fact]
    public void A_score_that_the_users_data_prevent_is_a_failed_example()
    {
        EvalResults results = EvalSamples.Runner(new ScriptedCompleter(_ => "1"))
            .Run(ScriptedPlans.Of(new UnscorableTask(new InputException("no dictionary"))));

        Assert.All(results.Examples, r => Assert.Equal(("scoring: InputException: no dictionary", "1"), (r.Failed, r.Completion)));
        Assert.Equal(2, results.Tasks[0].Failures!["InputException"]);
    }

    [Fact]
    public void A_prompt_that_does_not_fit_is_a_failed_example_with_its_exception_type()
    {
        EvalRunner runner = new(
            new ScriptedCompleter(ScriptedTask.NumberOf), new PromptMaker(EvalSamples.Text, EvalSamples.Text, new(Window: 12)));

        EvalResults results = runner.Run(ScriptedPlans.Of(new NumbersTask(1)) with { Lengths = [10] });

        Assert.StartsWith("InputException: The prompt has ", results.Examples.Single().Failed);
        Assert.Equal((1, 1), (results.Tasks[0].All.Failed, results.Tasks[0].Failures!["InputException"]));
    }

    sealed class UnscorableTask(Exception bug) : ScriptedTask("test/unscorable", 2), IGeneratedTask
    {
        public EvalScore Score(EvalExample example, string completion) => throw bug;
    }

    [Fact]
    public void Running_again_asks_only_what_is_missing_and_gives_the_same_bytes()
    {
        EvalPlan plan = EvalSamples.Plan("needle");
        EvalSamples.Runner(new ScriptedCompleter(ScriptedCompleter.Read)).Run(plan, _folder["whole"]);

        using CancellationTokenSource stop = new();
        int n = 0;
        ScriptedCompleter stopping = new(r =>
        {
            if (++n == 4)
            {
                stop.Cancel();
            }
            return ScriptedCompleter.Read(r);
        });
        string interrupted = _folder["interrupted"], examples = Path.Combine(interrupted, EvalFiles.ExamplesName);
        Assert.Throws<OperationCanceledException>(() => EvalSamples.Runner(stopping).Run(plan, interrupted, null, stop.Token));
        File.AppendAllText(examples, "{\"model\":\"scr"); // as a kill in the middle of a write leaves it

        ScriptedCompleter rest = new(ScriptedCompleter.Read);
        EvalSamples.Runner(rest).Run(plan, interrupted);

        Assert.Equal(8 - 4, rest.Asked);
        Assert.Equal(File.ReadAllBytes(_folder["whole/results.json"]), File.ReadAllBytes(Path.Combine(interrupted, "results.json")));
        Assert.Equal(File.ReadAllBytes(_folder["whole/examples.jsonl"]), File.ReadAllBytes(examples));
    }

    [Fact]
    public void Failed_examples_are_tried_again()
    {
        EvalPlan plan = EvalSamples.Plan("needle");
        EvalSamples.Runner(new ScriptedCompleter(_ => throw new InputException("refused"))).Run(plan, _folder.Path);

        EvalResults results = EvalSamples.Runner(new ScriptedCompleter(ScriptedCompleter.Read)).Run(plan, _folder.Path);

        Assert.All(results.Tasks[0].Lengths, l => Assert.Equal((1, 0), (l.Mean, l.Failed)));
    }

    [Fact]
    public void A_failure_that_happens_again_is_written_once()
    {
        EvalPlan plan = EvalSamples.Plan("needle");
        ScriptedCompleter refusing = new(_ => throw new InputException("refused"));
        EvalSamples.Runner(refusing).Run(plan, _folder.Path);
        byte[] examples = File.ReadAllBytes(_folder[EvalFiles.ExamplesName]), results = File.ReadAllBytes(_folder[EvalFiles.ResultsName]);

        EvalSamples.Runner(refusing).Run(plan, _folder.Path);

        Assert.Equal(examples, File.ReadAllBytes(_folder[EvalFiles.ExamplesName]));
        Assert.Equal(results, File.ReadAllBytes(_folder[EvalFiles.ResultsName]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_drawn_example_that_does_not_fit_costs_its_length_and_damaged_data_the_run(bool isPerLength)
    {
        EvalPlan plan = EvalSamples.Plan("needle") with { Tasks = [new StoppingTask(isPerLength), EvalTaskCatalog.Get("needle")] };
        EvalRunner runner = EvalSamples.Runner(new ScriptedCompleter(ScriptedCompleter.Read));

        if (!isPerLength)
        {
            Assert.Equal("the second is bad", Assert.Throws<InputException>(() => runner.Run(plan)).Message);
            return;
        }
        EvalResults results = runner.Run(plan);

        Assert.Equal([2, 8], results.Tasks.Select(t => t.All.N));
        Assert.Equal([800, 1200], results.Skipped.Select(s => s.Length!.Value));
    }

    sealed class StoppingTask(bool isPerLength) : IGeneratedTask
    {
        public EvalTaskCard Card { get; } = new("test/stopping", 1, "stops", "a test", "none", 0) { IsPerLength = isPerLength };

        public IEnumerable<EvalExample> Examples(EvalSetting setting)
        {
            yield return new($"{setting.Length}", EvalPrompt.Of("?"), [], 1);
            throw new InputException("the second is bad");
        }

        public EvalScore Score(EvalExample example, string completion) => new(0);
    }

    [Fact]
    public void Other_prompts_are_not_answered_from_the_file()
    {
        EvalPlan plan = EvalSamples.Plan("needle");
        EvalSamples.Runner(new ScriptedCompleter(_ => "")).Run(plan, _folder.Path);
        ScriptedCompleter completer = new(_ => "");

        EvalSamples.Runner(completer).Run(plan with { Setting = plan.Setting with { Seed = 8 } }, _folder.Path);

        Assert.Equal(8, completer.Asked);
    }

    [Fact]
    public void A_length_that_is_too_short_is_left_out_with_its_reason_unless_nothing_is_left()
    {
        EvalPlan plan = EvalSamples.Plan("needle");

        EvalResults results = EvalSamples.Runner(new ScriptedCompleter(ScriptedCompleter.Read)).Run(plan with { Lengths = [40, 800] });

        Assert.Equal([800], results.Tasks[0].Lengths.Select(l => l.Length));
        Assert.Equal(("needle/single", 40), (results.Skipped[0].Task, results.Skipped[0].Length));
        Assert.StartsWith("A context of 40 tokens is too short", results.Skipped[0].Reason);
        Assert.StartsWith("A context of 40 tokens is too short", Assert.Throws<InputException>(() =>
            EvalSamples.Runner(new ScriptedCompleter(_ => "")).Run(plan with { Lengths = [40] })).Message);
    }

    [Fact]
    public void A_task_without_examples_is_left_out_with_its_reason_unless_nothing_is_left()
    {
        const string Reason = "test/numbers has no examples, because its data are empty; "
            + "get the file again ('farsight eval data' shows where).";
        EvalRunner runner = EvalSamples.Runner(new ScriptedCompleter(ScriptedCompleter.Read));
        EvalPlan plan = EvalSamples.Plan("needle") with { Tasks = [new NumbersTask(0), EvalTaskCatalog.Get("needle")] };

        EvalResults results = runner.Run(plan);

        Assert.Equal(new SkippedPart("test/numbers", null, Reason), results.Skipped.Single());
        Assert.Equal(
            Reason, Assert.Throws<InputException>(() => runner.Run(plan with { Tasks = [new NumbersTask(0)] })).Message);
    }

    [Fact]
    public void A_folder_of_another_model_is_refused()
    {
        EvalPlan plan = EvalSamples.Plan("needle");
        EvalSamples.Runner(new ScriptedCompleter(_ => "")).Run(plan, _folder.Path);

        InputException e = Assert.Throws<InputException>(() =>
            EvalSamples.Runner(new ScriptedCompleter(_ => "")).Run(plan with { Model = "another" }, _folder.Path));

        Assert.EndsWith("holds answers of 'scripted', not of 'another'; choose another directory.", e.Message);
    }

    [Fact]
    public void A_damaged_line_is_named()
    {
        File.WriteAllText(_folder[EvalFiles.ExamplesName], "{}\n");

        InputException e = Assert.Throws<InputException>(() =>
            EvalSamples.Runner(new ScriptedCompleter(_ => "")).Run(EvalSamples.Plan("needle"), _folder.Path));

        Assert.Contains("examples.jsonl:1: not an example", e.Message);
    }

    [Fact]
    public void Results_read_back_are_the_results_written()
    {
        EvalResults results = EvalSamples
            .Runner(new ScriptedCompleter(ScriptedCompleter.Read))
            .Run(EvalSamples.Plan("needle"), _folder.Path);

        Assert.Equal(EvalFiles.ToJson(results), EvalFiles.ToJson(EvalFiles.ReadResults(_folder[EvalFiles.ResultsName])));
        Assert.DoesNotContain("prompt_sha256", File.ReadAllText(_folder[EvalFiles.ResultsName])); // examples stand in examples.jsonl only
    }

    [Fact]
    public void Results_have_their_own_examples_of_a_folder_that_holds_more()
    {
        EvalPlan plan = EvalSamples.Plan("needle"),
            other = plan with { Setting = plan.Setting with { Seed = 8 } };
        EvalResults first = EvalSamples
            .Runner(new ScriptedCompleter(ScriptedCompleter.Read))
            .Run(plan with { Lengths = [1200] }, _folder.Path);
        EvalSamples.Runner(new ScriptedCompleter(_ => "")).Run(other, _folder.Path);

        EvalResults all = EvalSamples.Runner(new ScriptedCompleter(ScriptedCompleter.Read)).Run(plan, _folder.Path);

        Assert.Equal([new(13, 16), new(1, 4)], all.Lines);
        Assert.Equal(EvalFiles.ToJson(all), EvalFiles.ToJson(EvalFiles.ReadResults(_folder.Path)));
        Assert.Equal([new(1, 4)], first.Lines);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Examples_that_were_changed_since_are_said(int left)
    {
        EvalSamples.Runner(new ScriptedCompleter(ScriptedCompleter.Read)).Run(EvalSamples.Plan("needle"), _folder.Path);
        string examples = _folder[EvalFiles.ExamplesName];
        File.WriteAllLines(examples, File.ReadLines(examples).Take(left));

        Assert.Contains(
            "was changed after the evaluation",
            Assert.Throws<InputException>(() => EvalFiles.ReadResults(_folder.Path)).Message);
        File.Delete(examples);
        Assert.Contains("keep the two files together", Assert.Throws<InputException>(() => EvalFiles.ReadResults(_folder.Path)).Message);
    }

    [Fact]
    public void Perplexity_is_a_task_and_progress_counts_all()
    {
        List<EvalProgress> seen = [];
        EvalPlan plan = EvalSamples.Plan("needle", "perplexity");

        EvalResults results = EvalSamples.Runner(_ => "", _ => -1)
            .Run(plan with { Lengths = [200, 800, 1200] }, null, new Listed(seen));

        Assert.Equal([800, 1200], results.Tasks[1].Lengths.Select(p => p.Length)); // 200 tokens leave 256 targets no context
        Assert.Equal(("perplexity", 200), (results.Skipped.Single().Task, results.Skipped.Single().Length));
        Assert.All(results.Tasks[1].Lengths, l => Assert.Equal(Math.E, l.Mean!.Value, 9));
        Assert.Equal(new EvalProgress("perplexity", 1200, 44, 44), seen[^1]);
        Assert.Equal(Enumerable.Range(1, 44), seen.Select(p => p.Done));
    }

    [Fact]
    public void A_number_of_samples_that_does_not_apply_is_said_once()
    {
        List<string> notices = [];
        EvalPlan plan = EvalSamples.Plan("perplexity") with { Notice = notices.Add };

        EvalResults results = EvalSamples.Runner(_ => "", _ => -1).Run(plan);

        Assert.Equal([16, 16], results.Tasks[0].Lengths.Select(l => l.N));
        Assert.Equal(
            "The number of samples does not apply to perplexity, whose examples are the same at every length.", Assert.Single(notices));
        EvalSamples.Runner(_ => "", _ => -1).Run(plan with { Setting = plan.Setting with { Samples = null } });
        Assert.Single(notices);
    }

    sealed class Listed(List<EvalProgress> seen) : IProgress<EvalProgress>
    {
        public void Report(EvalProgress value) => seen.Add(value);
    }
}
