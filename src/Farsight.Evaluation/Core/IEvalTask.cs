using Farsight.Alignment.Answering;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core;

/// <summary>Represents a benchmark, or one data set of it. Stateless; <see cref="EvalTaskCatalog"/> finds implementations.</summary>
/// <remarks>
/// A task is also exactly one of <see cref="IGeneratedTask"/>, <see cref="IChoiceTask"/> and <see cref="IJudgedTask"/>, which say how an
/// example is scored. It may be an <see cref="IFollowUpTask"/> and an <see cref="IAggregatedTask"/> as well.
/// </remarks>
public interface IEvalTask
{
    /// <summary>The task's name and what it measures.</summary>
    EvalTaskCard Card { get; }

    /// <summary>Yields the examples. Same setting, same examples in the same order, on every machine.</summary>
    /// <remarks>Called once for each length where <see cref="EvalTaskCard.IsPerLength"/>, else once. The caller may stop early.</remarks>
    /// <exception cref="Engine.InputException">The context is too short for the task, or its data are missing or damaged.</exception>
    IEnumerable<EvalExample> Examples(EvalSetting setting);

    /// <summary>
    /// Returns the number of <see cref="Examples"/> where it is known without making them; null elsewhere. Only progress depends on it.
    /// </summary>
    int? Count(EvalSetting setting) => null;

    /// <summary>Returns which part of the benchmark <see cref="Examples"/> leaves out and why; null for nothing.</summary>
    /// <exception cref="Engine.InputException">The data are missing or damaged.</exception>
    string? Omission(EvalSetting setting) => null;
}

/// <summary>Represents a task whose completions are compared with references.</summary>
public interface IGeneratedTask : IEvalTask
{
    /// <summary>Scores one completion, which may be empty.</summary>
    /// <param name="example">The example.</param>
    /// <param name="completion">The completion, not trimmed, up to the first of <see cref="EvalExample.Stop"/>; the
    /// last one where there were follow-ups.</param>
    EvalScore Score(EvalExample example, string completion);

    /// <summary>
    /// Scores all completions of an <see cref="IFollowUpTask"/>, in order; by default the last one.
    /// </summary>
    EvalScore Score(EvalExample example, IReadOnlyList<string> completions) => Score(example, completions[^1]);
}

/// <summary>Represents a task that compares the probabilities of given texts.</summary>
public interface IChoiceTask : IEvalTask
{
    /// <summary>Scores one example.</summary>
    /// <param name="example">The example.</param>
    /// <param name="choices">One for each of <see cref="EvalExample.Choices"/>, in their order.</param>
    EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices);
}

/// <summary>Represents a task whose completions another model judges.</summary>
public interface IJudgedTask : IEvalTask
{
    /// <summary>Returns the judge's first prompt; no messages where the answer is scored without a judge.</summary>
    /// <param name="example">The example.</param>
    /// <param name="completions">The model's completions, in order; one without follow-ups.</param>
    IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions);

    /// <summary>Reads the judge's verdict.</summary>
    /// <returns>The score, or null where the verdict has none; the example then counts as failed.</returns>
    EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict);

    /// <summary>Returns the judge's next prompt after some replies; by default one reply is the verdict.</summary>
    /// <param name="example">The example.</param>
    /// <param name="completions">As <see cref="Judge"/> takes them.</param>
    /// <param name="replies">The judge's replies so far, at least one.</param>
    /// <returns>The prompt; null when the replies suffice for a score.</returns>
    IReadOnlyList<ChatTurn>? JudgeNext(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies) => null;

    /// <summary>Reads all replies of the judge; by default the last one is the verdict.</summary>
    /// <param name="example">The example.</param>
    /// <param name="completions">As <see cref="Judge"/> takes them.</param>
    /// <param name="replies">The replies; none where <see cref="Judge"/> has no messages.</param>
    /// <returns>As <see cref="Score(EvalExample, IReadOnlyList{string}, string)"/>.</returns>
    EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies) =>
        Score(example, completions, replies[^1]);
}

/// <summary>Represents a task with follow-ups: a second turn, or the final answer after a chain of thought.</summary>
interface IFollowUpTask : IEvalTask
{
    /// <summary>Returns the next prompt.</summary>
    /// <param name="example">The example.</param>
    /// <param name="completions">The completions so far, at least one.</param>
    /// <returns>The follow-up; null when there is none.</returns>
    EvalFollowUp? FollowUp(EvalExample example, IReadOnlyList<string> completions);
}

/// <summary>Represents the next prompt of an <see cref="IFollowUpTask"/>.</summary>
/// <param name="Prompt">The whole prompt, with everything before it.</param>
/// <param name="MaxNewTokens">Maximum number of new tokens.</param>
sealed record EvalFollowUp(EvalPrompt Prompt, int MaxNewTokens);

/// <summary>Represents a task whose aggregate is not the mean of its examples: macro means, micro F1, perplexity.</summary>
public interface IAggregatedTask : IEvalTask
{
    /// <summary>Aggregates examples, at least one. Called many times, for intervals, with examples drawn with repetition.</summary>
    EvalScore Aggregate(IReadOnlyList<ScoredExample> examples);

    /// <summary>
    /// Returns the score of an example that failed: nothing right of everything that was asked. An aggregate over counts needs what was
    /// asked; by default there are no counts.
    /// </summary>
    EvalScore Failure(EvalExample example) => new(0);
}

/// <summary>
/// Represents the input of an aggregate. The example's record holds all of it, so aggregates can be recomputed without the model.
/// </summary>
/// <param name="Id">The example's id.</param>
/// <param name="Groups">As in <see cref="EvalExample.Groups"/>.</param>
/// <param name="Score">The example's score.</param>
public sealed record ScoredExample(string Id, IReadOnlyDictionary<string, string> Groups, EvalScore Score)
{
    /// <summary>As <see cref="EvalExample.Group"/>.</summary>
    public string? Group { get; init; }
}

/// <summary>Represents several tasks of one file: the data sets of a benchmark, the subjects of an exam.</summary>
public interface IEvalTaskFamily
{
    /// <summary>The tasks.</summary>
    IEnumerable<IEvalTask> Tasks { get; }

    /// <summary>Computes numbers over several of the tasks, such as a benchmark's overall mean.</summary>
    /// <param name="results">Results of its own tasks and others, in any order.</param>
    IEnumerable<BenchmarkMean> Means(IReadOnlyList<TaskResult> results) => [];

    /// <summary>
    /// Computes such numbers where they need single examples; by default those of <see cref="Means(IReadOnlyList{TaskResult})"/>.
    /// </summary>
    /// <param name="results">As there.</param>
    /// <param name="examples">All examples of the results.</param>
    IEnumerable<BenchmarkMean> Means(IReadOnlyList<TaskResult> results, IReadOnlyList<EvalRecord> examples) => Means(results);
}

/// <summary>Represents the score of an example.</summary>
/// <param name="Value">The task's metric, usually 0 (wrong) to 1 (right).</param>
/// <param name="Beside">Further metrics and counts by name.</param>
public sealed record EvalScore(double Value, IReadOnlyDictionary<string, double> Beside)
{
    const string Pass = "pass@";

    /// <summary>Creates a score without further metrics.</summary>
    public EvalScore(double value)
        : this(value, new Dictionary<string, double>())
    {
    }

    /// <summary>Computes the mean of scores, at least one; a metric that a score lacks counts as 0.</summary>
    internal static EvalScore Mean(IReadOnlyList<EvalScore> scores) => scores.Count == 1 ? scores[0] : new(
        scores.Average(s => s.Value),
        scores.SelectMany(s => s.Beside.Keys).Distinct().ToDictionary(k => k, k => scores.Average(s => s.Beside.GetValueOrDefault(k))));

    /// <summary>
    /// Computes the mean of several draws of one example, and beside it pass@k for k = 1, 2, 4, … and the number of draws.
    /// </summary>
    /// <remarks>
    /// pass@k = 1 − C(n − c, k) / C(n, k), with c right ones of n draws (Chen et al. 2021, arXiv:2107.03374). A draw is right when its
    /// score is 1, within the rounding of the ROUGE packages. Only for shares.
    /// </remarks>
    internal static EvalScore OfDraws(IReadOnlyList<EvalScore> draws, bool isShare)
    {
        EvalScore mean = Mean(draws);
        if (draws.Count == 1 || !isShare)
        {
            return mean;
        }
        const double Rounding = 1e-6;
        int right = draws.Count(d => d.Value >= 1 - Rounding);
        Dictionary<string, double> beside = new(mean.Beside);
        for (int k = 1; k < draws.Count; k *= 2)
        {
            beside[FormattableString.Invariant($"{Pass}{k}")] = PassAt(draws.Count, right, k);
        }
        beside[FormattableString.Invariant($"{Pass}{draws.Count}")] = PassAt(draws.Count, right, draws.Count);
        return mean with { Beside = beside };
    }

    /// <summary>Determines whether a metric is one that several draws add: pass@k.</summary>
    internal static bool IsOfDraws(string metric) => metric.StartsWith(Pass, StringComparison.Ordinal);

    static double PassAt(int draws, int right, int k)
    {
        double noneRight = 1;
        for (int i = 0; i < k; i++)
        {
            noneRight *= Math.Max(0, (double)(draws - right - i) / (draws - i));
        }
        return 1 - noneRight;
    }

    /// <summary>Creates a score of 1 when right, 0 when wrong.</summary>
    public static EvalScore Of(bool isRight) => new(isRight ? 1 : 0);
}

/// <summary>Represents a generated task that also scores where the model's heads looked. Requires a local model.</summary>
public interface IObservedTask : IGeneratedTask
{
    /// <summary>Scores one completion.</summary>
    /// <param name="example">The example.</param>
    /// <param name="completion">As <see cref="IGeneratedTask.Score(EvalExample, string)"/> takes it.</param>
    /// <param name="heads">The trace up to the token that completed a stop text.</param>
    EvalScore Score(EvalExample example, string completion, HeadTrace heads);
}
