using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>Tests that a model that thinks before it answers gets the same scores in this process and behind an endpoint.</summary>
public sealed class ThinkingModelTests
{
    public static TheoryData<bool> Routes => [true, false];

    [Theory, MemberData(nameof(Routes))]
    public void Reasoning_is_not_part_of_the_answer(bool isLocal)
    {
        EvalResults results = Run(isLocal, number => $"<think>\nIt may be 7.\n</think>\n\n{number}");

        Assert.All(results.Examples, e => Assert.Equal((e.Id, 1d, null), (e.Completion, e.Score, e.Failed)));
        Assert.All(results.Examples, e => // a token is a character, and an endpoint's tokenizer is not known
            Assert.Equal(isLocal ? "<think>\nIt may be 7.\n</think>\n\n".Length : null, e.ThinkingTokens));
    }

    [Theory, MemberData(nameof(Routes))]
    public void An_answer_without_reasoning_has_no_number_of_its_tokens(bool isLocal) =>
        Assert.All(Run(isLocal, number => number).Examples, e => Assert.Null(e.ThinkingTokens));

    [Theory, MemberData(nameof(Routes))]
    public void An_answer_that_ends_inside_its_reasoning_is_a_failed_example(bool isLocal)
    {
        EvalResults results = Run(isLocal, _ => "<think>\nIt may be");

        Assert.Equal((2, 0d), (results.Tasks[0].All.Failed, results.Tasks[0].All.Mean));
        Assert.All(results.Examples, e => Assert.Equal(
            "UnusableAnswerException: scripted gave no usable answer to a request: its answer has no text, only reasoning; "
                + "raise the maximum tokens, or switch the model's reasoning off.",
            e.Failed));
    }

    [Theory, MemberData(nameof(Routes))]
    public void With_a_given_end_everything_before_its_last_occurrence_is_reasoning(bool isLocal)
    {
        EvalResults results = Run(
            isLocal, number => number == "0" ? "Hm. <think>7</think> no, <think>8</think> 0" : "<think>It may be",
            new() { ThinkEnd = "</think>", ThinkTokens = 100 });

        Assert.Equal([("0", 1d, isLocal ? "stop" : "unknown"), ("", 0d, "thinking_truncated")], results.Examples
            .Select(e => (e.Completion, e.Score, e.StopReason)));
        Assert.Equal(1, results.Tasks[0].StopReasons["thinking_truncated"]);
        Assert.Equal(isLocal ? "Hm. <think>7</think> no, <think>8</think> ".Length : null, results.Examples[0].ThinkingTokens);
    }

    static EvalResults Run(bool isLocal, Func<string, string> answer, EvalDecoding? decoding = null)
    {
        EvalPlan plan = ScriptedPlans.Of(new NumbersTask(2)) with { Decoding = decoding ?? new() };
        return isLocal
            ? EvalSamples.Runner(new ScriptedCompleter(r => answer(ScriptedTask.NumberOf(r)))).Run(plan)
            : new EvalRunner(
                new ScriptedChat(p => answer(ScriptedTask.NumberIn(p))).AsLanguageModel("scripted"), ScriptedPlans.Prompts).Run(plan);
    }
}
