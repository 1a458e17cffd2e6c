using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Tests.Evaluation.Core;

public sealed class AnswerStoreTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_run_asks_nothing_and_has_the_same_examples()
    {
        ScriptedCompleter first = new(ScriptedTask.NumberOf), second = new(_ => throw new InvalidOperationException("asked again"));

        EvalResults before = Run(first, "m"), after = Run(second, "m");

        Assert.Equal((5, 0), (first.Asked, second.Asked));
        Assert.Equal((new StoredAnswers(5, 0), new StoredAnswers(5, 5)), (before.Stored, after.Stored));
        Assert.Equal(before.Examples.Select(EvalFiles.Line), after.Examples.Select(EvalFiles.Line));
    }

    [Fact]
    public void Another_model_temperature_or_seed_is_asked_again()
    {
        ScriptedCompleter model = new(ScriptedTask.NumberOf);
        EvalPlan plan = ScriptedPlans.Of(new NumbersTask(5));
        EvalDecoding warm = new() { Temperature = 0.5 };

        Run(model, "m");
        Run(model, "other");
        Run(model, "m", plan with { Decoding = warm });
        Run(model, "m", plan with { Decoding = warm, Setting = plan.Setting with { Seed = 8 } });
        Assert.Equal(20, model.Asked);
        Run(model, "m", plan with { Decoding = warm });

        Assert.Equal(20, model.Asked);
    }

    [Fact]
    public void More_examples_ask_only_the_new_ones_and_a_damaged_answer_again()
    {
        ScriptedCompleter model = new(ScriptedTask.NumberOf);
        Run(model, "m");
        File.WriteAllText(Directory.GetFiles(_folder.Path, "*.json", SearchOption.AllDirectories)[0], "{\"key\":");

        EvalResults results = Run(model, "m", ScriptedPlans.Of(new NumbersTask(7)));

        Assert.Equal(5 + 2 + 1, model.Asked);
        Assert.Equal(1, results.Tasks[0].All.Mean);
    }

    [Fact]
    public void Probabilities_of_choices_are_stored_also_where_they_are_0()
    {
        ScriptedCompleter model = new(_ => "") { Nats = length => length > 10 ? -1 : double.NegativeInfinity };
        EvalPlan plan = ScriptedPlans.Of(new ChoicesTask(3));

        EvalResults before = Run(model, "m", plan);
        int scored = model.Scored.Count;
        EvalResults after = Run(model, "m", plan);

        Assert.Equal(scored, model.Scored.Count);
        Assert.Equal(before.Examples.Select(e => e.Choices![1].LogProb), after.Examples.Select(e => e.Choices![1].LogProb));
        Assert.Equal(double.NegativeInfinity, after.Examples[0].Choices![1].LogProb);
    }

    [Fact]
    public async Task A_failed_request_and_one_that_observes_attention_are_not_stored()
    {
        AnswerStore store = new(new ScriptedCompleter(_ => "yes"), "m", _folder.Path);
        CompletionRequest request = new(new Prompt.Tokens([1, 2]), new GenerationOptions(4)) { ObservesHeads = true };

        await store.CompleteAsync([request], CancellationToken.None);
        using CancellationTokenSource stopped = new();
        await stopped.CancelAsync();
        await store.CompleteAsync([request with { ObservesHeads = false }], stopped.Token);

        Assert.Empty(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
        Assert.Equal(new StoredAnswers(1, 0), store.Use);
    }

    EvalResults Run(ScriptedCompleter model, string identity, EvalPlan? plan = null) =>
        new EvalRunner(new AnswerStore(model, identity, _folder.Path), new PromptMaker(EvalSamples.Text, EvalSamples.Text, new()))
            .Run(plan ?? ScriptedPlans.Of(new NumbersTask(5)));
}
