using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class EvalEstimateTests
{
    [Fact]
    public void A_plan_with_prices_states_its_tokens_and_cost_before_it_starts()
    {
        List<string> notices = [];
        EvalPlan plan = ScriptedPlans.Of(new NumbersTask(3)) with { Prices = new(1_000_000, 2_000_000), Notice = notices.Add };

        using ScriptedChat chat = new(_ => "1");
        EvalResults results = new EvalRunner(new ChatClientModel(chat, "scripted"), ScriptedPlans.Prompts).Run(plan);

        // "What is 0?" has ten characters, which count as two tokens; each answer has at most eight
        Assert.Equal(
            ["3 examples of 1 task: about 6 prompt tokens, at most 24 new ones. "
                + "Cost: about 6 for the prompts, at most 48 for the answers."],
            notices);
        Assert.Equal(3, results.Examples.Count);
    }

    [Fact]
    public void A_plan_without_suite_and_prices_states_nothing()
    {
        List<string> notices = [];

        EvalSamples.Runner(new ScriptedCompleter(ScriptedTask.NumberOf))
            .Run(ScriptedPlans.Of(new NumbersTask(3)) with { Notice = notices.Add });

        Assert.Empty(notices);
    }

    [Fact]
    public void A_suite_counts_the_examples_of_a_task_that_does_not_know_their_number_and_reports_the_work_that_is_done()
    {
        NumbersTask known = new(2);
        UncountedTask uncounted = new();
        List<EvalProgress> seen = [];
        List<string> notices = [];
        EvalPlan plan = ScriptedPlans.Of(known, uncounted) with
        {
            OfSuites = [known, uncounted],
            Notice = notices.Add,
            Decoding = new() { Draws = 2, Temperature = 1 },
        };

        EvalSamples.Runner(new ScriptedCompleter(ScriptedTask.NumberOf)).Run(plan, progress: new Listed(seen));

        Assert.StartsWith("5 examples of 2 tasks: about ", notices.Single(), StringComparison.Ordinal);
        Assert.EndsWith("at most 80 new ones.", notices.Single(), StringComparison.Ordinal); // five answers of eight tokens, twice
        Assert.All(seen, p => Assert.Equal(5, p.Total));
        Assert.Equal(seen.Select(p => p.Work).Order(), seen.Select(p => p.Work));
        Assert.Equal(1, seen[^1].Work!.Value, 12);
    }

    [Fact]
    public void Longer_prompts_are_more_work()
    {
        EvalEstimate estimate = new([new(10, 100, 0), new(10, 300, 0), new(0, 0, 8)]);

        Assert.Equal(0.125, estimate.ShareDone(0, 5), 12);
        Assert.Equal(0.25, estimate.ShareDone(1, 0), 12);
        Assert.Equal(0.625, estimate.ShareDone(1, 5), 12);
        Assert.Equal(1, estimate.ShareDone(2, 0), 12);
    }

    sealed class UncountedTask : IGeneratedTask
    {
        readonly NumbersTask _numbers = new(3);

        public EvalTaskCard Card => _numbers.Card with { Name = "test/uncounted" };

        public IEnumerable<EvalExample> Examples(EvalSetting setting) => _numbers.Examples(setting);

        public EvalScore Score(EvalExample example, string completion) => _numbers.Score(example, completion);
    }

    sealed class Listed(List<EvalProgress> seen) : IProgress<EvalProgress>
    {
        public void Report(EvalProgress value) => seen.Add(value);
    }
}
