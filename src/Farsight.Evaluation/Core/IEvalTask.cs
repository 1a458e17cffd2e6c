using Farsight.Alignment.Answering;
using Farsight.Text.Conversations;
namespace Farsight.Evaluation.Core;

/// <summary>One benchmark, or one data set of it: how its examples are made. Stateless; found by <see cref="EvalTaskCatalog"/>.</summary>
/// <remarks>
/// A task is also exactly one of <see cref="IGeneratedTask"/>, <see cref="IChoiceTask"/> and <see cref="IJudgedTask"/>, which say how an
/// example is scored. It may be an <see cref="IFollowUpTask"/> and an <see cref="IAggregatedTask"/> as well.
/// </remarks>
public interface IEvalTask
{
    /// <summary>What the task is called and measures.</summary>
    EvalTaskCard Card { get; }

    /// <summary>Yields the examples. Same setting, same examples in the same order, on every machine.</summary>
    /// <remarks>Called once for each length where <see cref="EvalTaskCard.IsPerLength"/>, else once. The caller stops early where it wants
    /// fewer.</remarks>
    /// <exception cref="Engine.InputException">The context is too short for the task, or its data are missing or damaged.</exception>
    IEnumerable<EvalExample> Examples(EvalSetting setting);

    /// <summary>
    /// How many <see cref="Examples"/> yields, where that is known without making them; null elsewhere. Only progress depends on it.
    /// </summary>
    int? Count(EvalSetting setting) => null;
}

/// <summary>A task whose completions are compared with references.</summary>
public interface IGeneratedTask : IEvalTask
{
    /// <summary>Judges one completion, which may be empty.</summary>
    /// <param name="example">The example.</param>
    /// <param name="completion">What the model wrote, not trimmed, up to the first of <see cref="EvalExample.Stop"/>; the last one where
    /// there were follow-ups.</param>
    EvalScore Score(EvalExample example, string completion);

    /// <summary>
    /// Judges all completions of an <see cref="IFollowUpTask"/>, in order; by itself the last one, as most such tasks do.
    /// </summary>
    EvalScore Score(EvalExample example, IReadOnlyList<string> completions) => Score(example, completions[^1]);
}

/// <summary>A task that compares how likely the model finds given texts.</summary>
public interface IChoiceTask : IEvalTask
{
    /// <summary>Judges one example.</summary>
    /// <param name="example">The example.</param>
    /// <param name="choices">One for each of <see cref="EvalExample.Choices"/>, in their order.</param>
    EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices);
}

/// <summary>A task whose completions another model judges.</summary>
public interface IJudgedTask : IEvalTask
{
    /// <summary>What the judge is asked.</summary>
    /// <param name="example">The example.</param>
    /// <param name="completions">What the model wrote: one, or with follow-ups all of them in order.</param>
    IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions);

    /// <summary>Reads the judge's verdict.</summary>
    /// <returns>The score, or null where the verdict says none; the example then counts as failed.</returns>
    EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict);
}

/// <summary>A task that goes on after a completion: a second turn, or an answer asked for after a chain of thought.</summary>
public interface IFollowUpTask : IEvalTask
{
    /// <summary>What is asked next.</summary>
    /// <param name="example">The example.</param>
    /// <param name="completions">What the model wrote so far, at least one.</param>
    /// <returns>Null when there is nothing more to ask.</returns>
    EvalFollowUp? FollowUp(EvalExample example, IReadOnlyList<string> completions);
}

/// <summary>The next question of an <see cref="IFollowUpTask"/>.</summary>
/// <param name="Prompt">The whole prompt, with everything before it.</param>
/// <param name="MaxNewTokens">Generation budget.</param>
public sealed record EvalFollowUp(EvalPrompt Prompt, int MaxNewTokens);

/// <summary>A task whose number is not the mean of its examples: macro means, micro F1, perplexity.</summary>
public interface IAggregatedTask : IEvalTask
{
    /// <summary>The number of some examples, at least one. Called many times, for intervals, with examples drawn with repetition.</summary>
    EvalScore Aggregate(IReadOnlyList<ScoredExample> examples);
}

/// <summary>
/// What an aggregate is made from; everything in it is in the example's record, so it can be made again without the model.
/// </summary>
/// <param name="Id">The example.</param>
/// <param name="Groups">As in <see cref="EvalExample.Groups"/>.</param>
/// <param name="Score">Of the example.</param>
public sealed record ScoredExample(string Id, IReadOnlyDictionary<string, string> Groups, EvalScore Score);

/// <summary>Several tasks out of one file: the data sets of a benchmark, the subjects of an exam. Found as tasks are.</summary>
public interface IEvalTaskFamily
{
    /// <summary>Its tasks.</summary>
    IEnumerable<IEvalTask> Tasks { get; }

    /// <summary>Numbers over several of its tasks, such as a benchmark's overall mean.</summary>
    /// <param name="results">What was run, its own tasks and others, in any order.</param>
    IEnumerable<BenchmarkMean> Means(IReadOnlyList<TaskResult> results) => [];
}

/// <summary>How good one completion is.</summary>
/// <param name="Value">The task's metric, mostly 0 (wrong) to 1 (right).</param>
/// <param name="Beside">Further metrics and counts by name.</param>
public sealed record EvalScore(double Value, IReadOnlyDictionary<string, double> Beside)
{
    /// <summary>A score without further metrics.</summary>
    public EvalScore(double value)
        : this(value, new Dictionary<string, double>())
    {
    }

    /// <summary>1 when right, 0 when wrong.</summary>
    public static EvalScore Of(bool isRight) => new(isRight ? 1 : 0);
}
