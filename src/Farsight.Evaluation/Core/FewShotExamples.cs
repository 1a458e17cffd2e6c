using System.Globalization;
using Farsight.Engine;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core;

/// <summary>Puts solved examples of a task before the prompts of its other examples.</summary>
/// <remarks>
/// The demonstrations are the first examples of the task that have a reference, without the example itself; their answer is the first
/// reference. They come before the last message: as turns of the conversation, or as text where the benchmark uses no chat template.
/// Tasks that compare given texts, and tasks with prompts of an exact number of tokens, have no demonstrations.
/// </remarks>
static class FewShotExamples
{
    /// <summary>Returns why a task cannot have demonstrations; null where it can, or none are asked for.</summary>
    internal static string? Obstacle(IEvalTask task, int shots) => shots > 0 && task is (IChoiceTask or IFollowUpTask)
        ? $"{task.Card.Name} cannot be asked with demonstrations, because it "
            + $"{(task is IChoiceTask ? "compares given texts" : "asks several times")}; leave it out, or set their number to 0."
        : null;

    /// <summary>Adds demonstrations to examples.</summary>
    /// <param name="task">The task.</param>
    /// <param name="examples">The examples that are run.</param>
    /// <param name="shots">Number of demonstrations; 0 for none.</param>
    /// <param name="all">Makes all examples of the task.</param>
    /// <exception cref="InputException">The task has too few examples for them.</exception>
    internal static IEnumerable<EvalExample> Add(
        IEvalTask task, IEnumerable<EvalExample> examples, int shots, Func<IEnumerable<EvalExample>> all) =>
        shots == 0 ? examples : Added(task, examples, shots, all);

    static IEnumerable<EvalExample> Added(IEvalTask task, IEnumerable<EvalExample> examples, int shots, Func<IEnumerable<EvalExample>> all)
    {
        EvalExample[] solved = [.. all().Where(e => e.References.Count > 0 && e.Prompt is EvalPrompt.Messages).Take(shots + 1)];
        foreach (EvalExample example in examples)
        {
            if (example.Prompt is not EvalPrompt.Messages asked)
            {
                throw new InputException(
                    $"{task.Card.Name} cannot be asked with demonstrations, because its prompts have an exact number of tokens; leave it "
                        + "out, or set their number to 0.");
            }
            EvalExample[] shown = [.. solved.Where(s => s.Id != example.Id).Take(shots)];
            yield return shown.Length == shots
                ? example with { Prompt = asked with { Turns = [.. asked.Turns.SkipLast(1), .. shown.SelectMany(Turns), asked.Turns[^1]] } }
                : throw new InputException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{task.Card.Name} has {shown.Length} examples with a reference and a prompt in messages beside example {example.Id}, "
                        + $"and {shots} are asked for; use fewer demonstrations."));
        }
    }

    // A system message stays the first of the conversation, so that of a demonstration is left out.
    static IEnumerable<ChatTurn> Turns(EvalExample example)
    {
        EvalPrompt.Messages prompt = (EvalPrompt.Messages)example.Prompt;
        return [.. prompt.Turns.Where(t => t.Role != "system"), new("assistant", prompt.AnswerPrefix + example.References[0])];
    }
}
