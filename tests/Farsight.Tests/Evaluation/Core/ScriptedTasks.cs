using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Text.Conversations;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>Asks "What is 0?", "What is 1?" and so on; right is the number.</summary>
abstract class ScriptedTask(string name, int count) : IEvalTask
{
    public EvalTaskCard Card { get; } = new(name, 1, name, "a test", "right numbers", 0);

    public int? Count(EvalSetting setting) => count;

    public virtual IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        Enumerable
            .Range(0, count)
            .Select(i => new EvalExample($"{i}", EvalPrompt.Of($"What is {i}?"), [$"{i}"], 8)
            {
                Groups = new Dictionary<string, string> { ["parity"] = i % 2 == 0 ? "even" : "odd" },
            });

    /// <summary>The number that a request asks for.</summary>
    internal static string NumberOf(CompletionRequest request) =>
        NumberIn(new CharacterText().Decode([.. ScriptedCompleter.PromptOf(request)]));

    /// <summary>The number in "What is 12?".</summary>
    internal static string NumberIn(string prompt) => prompt.Split("What is ")[^1].Split('?')[0];
}

sealed class NumbersTask(int count) : ScriptedTask("test/numbers", count), IGeneratedTask
{
    public EvalScore Score(EvalExample example, string completion) => EvalScore.Of(completion == example.References[0]);
}

/// <summary>Asks once more with the first answer; right is the second answer twice the number.</summary>
sealed class TwiceTask(int count) : ScriptedTask("test/twice", count), IGeneratedTask, IFollowUpTask
{
    public EvalFollowUp? FollowUp(EvalExample example, IReadOnlyList<string> completions) =>
        completions.Count > 1
            ? null
            : new(
                new EvalPrompt.Messages([
                    new("user", "first"),
                    new("assistant", completions[0]),
                    new("user", $"What is {completions[0]}{completions[0]}?"),
                ]),
                8);

    public EvalScore Score(EvalExample example, string completion) =>
        EvalScore.Of(completion == example.References[0] + example.References[0]);
}

sealed class JudgedTask(int count) : ScriptedTask("test/judged", count), IJudgedTask
{
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
        [new("user", $"{example.References[0]} or {completions[^1]}?")];

    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) =>
        verdict switch { "good" => new(1), "bad" => new(0), _ => null };
}

/// <summary>Two choices with prompts of their own.</summary>
sealed class ChoicesTask(int count) : ScriptedTask("test/choices", count), IChoiceTask
{
    public override IEnumerable<EvalExample> Examples(EvalSetting setting) => base.Examples(setting).Select(e => e with
    {
        MaxNewTokens = 0,
        Choices = [new("yes") { Prompt = EvalPrompt.Of("long prompt") }, new("no") { Prompt = EvalPrompt.Of("short") }],
    });

    public EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices) =>
        EvalScore.Of(choices[0].LogProb > choices[1].LogProb);
}

/// <summary>Plans for the tasks above, and prompts of an endpoint for them.</summary>
static class ScriptedPlans
{
    internal static EvalPlan Of(params IEvalTask[] tasks) => new("scripted", tasks, [100], "none", new EvalSetting(100, 7));

    internal static EndpointPrompts Prompts { get; } = new(null, new());
}
