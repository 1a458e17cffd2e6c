using System.Reflection;
using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks;

/// <summary>Represents a benchmark's own small data: invented records in the official layout, with the scores of its answers.</summary>
/// <remarks>
/// A new benchmark adds a class of this kind to its test folder; it is found by its type. A clone without the shared material loads,
/// renders and scores every task of the catalog from these files.
/// </remarks>
abstract class BenchmarkFixture
{
    /// <summary>Gets all fixtures, by name.</summary>
    internal static IReadOnlyList<BenchmarkFixture> All { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetTypes()
            .Where(t => t.IsSubclassOf(typeof(BenchmarkFixture)))
            .OrderBy(t => t.Name, StringComparer.Ordinal)
            .Select(t => (BenchmarkFixture)Activator.CreateInstance(t)!),
    ];

    /// <summary>Gets the cases, at least one per task.</summary>
    internal abstract IEnumerable<FixtureCase> Cases { get; }

    /// <summary>Gets the context length in tokens; a token is a character here.</summary>
    internal virtual int Length => 4096;

    /// <summary>Writes the data files.</summary>
    internal virtual void Write(TaskData data)
    {
    }

    /// <summary>Returns the setting in which the cases are made.</summary>
    internal EvalSetting Setting(TaskData data) => data.Setting with
    {
        Length = Length,
        Samples = 1,
        Depths = [0, 1],
        Haystack = EvalSamples.Haystack,
        Tokens = EvalSamples.Text,
        Format = EvalSamples.Text,
    };
}

/// <summary>Represents what the first example of a task looks like, and what a right and a wrong answer to it score.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Prompt">A text that the prompt contains; "{question}" stands for the example's question.</param>
/// <param name="Right">The right answer.</param>
/// <param name="Wrong">A wrong answer.</param>
sealed record FixtureCase(string Task, string Prompt, FixtureAnswer Right, FixtureAnswer Wrong)
{
    /// <summary>Gets the score of the right answer.</summary>
    internal double Best { get; init; } = 1;

    /// <summary>Gets the score of the wrong answer.</summary>
    internal double Worse { get; init; }

    /// <summary>Gets a value that says that the task refuses to score a right answer here, because it would run a program.</summary>
    internal bool RunsPrograms { get; init; }
}

/// <summary>Represents an answer to an example, scored by its task.</summary>
/// <param name="score">Scores it; null where the task reads no score from it.</param>
sealed class FixtureAnswer(Func<IEvalTask, EvalExample, EvalScore?> score)
{
    /// <summary>Answers with a text.</summary>
    public static implicit operator FixtureAnswer(string text) => Of(_ => text);

    /// <summary>Answers with a text that depends on the example.</summary>
    internal static FixtureAnswer Of(Func<EvalExample, string> text) =>
        new((task, example) => ((IGeneratedTask)task).Score(example, text(example)));

    /// <summary>Answers with the first reference.</summary>
    internal static FixtureAnswer Reference { get; } = Of(e => e.References[0]);

    /// <summary>Answers with several completions, one per question of an <see cref="IFollowUpTask"/>.</summary>
    internal static FixtureAnswer Completions(params string[] completions) =>
        new((task, example) => ((IGeneratedTask)task).Score(example, completions));

    /// <summary>Finds the choices this likely, in nats.</summary>
    internal static FixtureAnswer LogProbs(params double[] logProbs) => new((task, example) =>
        ((IChoiceTask)task).Score(example, [.. logProbs.Select(p => new ChoiceLogProb(p, 1, false))]));

    /// <summary>Finds the only choice this unlikely, in nats per token.</summary>
    internal static FixtureAnswer Nats(double perToken) => new((task, example) =>
        ((IChoiceTask)task)
            .Score(example, [new(-perToken * example.Choices[0].Tokens!.Count, example.Choices[0].Tokens!.Count, false)]));

    /// <summary>Answers with a text on which a judge gives a verdict.</summary>
    internal static FixtureAnswer Judged(string completion, string verdict) =>
        new((task, example) => ((IJudgedTask)task).Score(example, [completion], verdict));

    /// <summary>Answers with a text on which a judge gives several replies.</summary>
    internal static FixtureAnswer JudgedInSteps(string completion, params string[] replies) =>
        new((task, example) => ((IJudgedTask)task).Score(example, [completion], replies));

    /// <summary>Returns the score of the answer.</summary>
    internal double? Score(IEvalTask task, EvalExample example) => score(task, example)?.Value;

    /// <summary>Returns the score of the answer with its counts.</summary>
    internal EvalScore? WholeScore(IEvalTask task, EvalExample example) => score(task, example);
}
