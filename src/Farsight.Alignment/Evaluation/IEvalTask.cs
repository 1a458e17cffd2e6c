namespace Farsight.Alignment.Evaluation;

/// <summary>One benchmark: how its examples are made and how a completion is scored. Stateless.</summary>
public interface IEvalTask
{
    /// <summary>What the task is called and measures.</summary>
    EvalTaskCard Card { get; }

    /// <summary>Yields the examples for one context length, depth by depth. Same setting, same examples, on every machine.</summary>
    /// <exception cref="Engine.InputException">The context is too short for the task, or the haystack has too little text.</exception>
    IEnumerable<EvalExample> Examples(EvalSetting setting);

    /// <summary>Judges one completion. Called once for every example, also when <paramref name="completion"/> is empty.</summary>
    EvalScore Score(EvalExample example, string completion);
}

/// <summary>A task's name and what its numbers mean.</summary>
/// <param name="Name">Lower-case path, unique: "needle/single".</param>
/// <param name="Version">Raised whenever scores stop being comparable with earlier ones; the reason goes in the file's remarks.</param>
/// <param name="Title">For people: "One needle".</param>
/// <param name="Source">Paper, and the reference implementation with its commit.</param>
/// <param name="Metric">What <see cref="EvalScore.Value"/> measures: "whole answer exact".</param>
/// <param name="Chance">Expected score of a guesser; shown beside every result.</param>
public sealed record EvalTaskCard(string Name, int Version, string Title, string Source, string Metric, double Chance);

/// <summary>How good one completion is.</summary>
/// <param name="Value">The task's metric: 0 (wrong) to 1 (right).</param>
/// <param name="Beside">Further metrics by name, 0 to 1 each, the same names for every example of a task.</param>
public sealed record EvalScore(double Value, IReadOnlyDictionary<string, double> Beside);
