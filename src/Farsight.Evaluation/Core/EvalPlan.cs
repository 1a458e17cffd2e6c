namespace Farsight.Evaluation.Core;

/// <summary>Everything that decides an evaluation's numbers, apart from the model.</summary>
/// <param name="Model">What is measured, by a name that tells it from others: "tiny + logo". Never an absolute path.</param>
/// <param name="Tasks">Run one after the other.</param>
/// <param name="Lengths">Context lengths in tokens, ascending, for the tasks that are made for a length.</param>
/// <param name="HaystackName">Which documents hide needles, for the report.</param>
/// <param name="Setting">Everything else that examples are made from; its length is replaced.</param>
/// <param name="Limit">Most examples of a task at each length, from everywhere among them; null for all.</param>
public sealed record EvalPlan(
    string Model, IReadOnlyList<IEvalTask> Tasks, IReadOnlyList<int> Lengths, string HaystackName, EvalSetting Setting, int? Limit = null)
{
    /// <summary>Those of the tasks that a suite brought in: one that cannot run is left out, with its reason.</summary>
    public IReadOnlyCollection<IEvalTask> OfSuites { get; init; } = [];

    /// <summary>As <see cref="EvalResults.Command"/>.</summary>
    public string Command { get; init; } = "";

    /// <summary>The setting of one length.</summary>
    public EvalSetting At(int length) => Setting with { Length = length, Lengths = Lengths };

    /// <summary>A task once for each length, or once.</summary>
    internal IEnumerable<(IEvalTask Task, EvalSetting Setting)> Parts() =>
        from task in Tasks
        from length in task.Card.IsPerLength ? Lengths : [Lengths[^1]]
        select (task, At(length));

    /// <summary>All examples there will be; null where a task does not know.</summary>
    internal int? Count()
    {
        int total = 0;
        foreach ((IEvalTask task, EvalSetting setting) in Parts())
        {
            if (task.Count(setting) is not { } count)
            {
                return null;
            }
            total += Math.Min(count, Limit ?? int.MaxValue);
        }
        return total;
    }
}

/// <summary>How far an evaluation is.</summary>
/// <param name="Task">Its name.</param>
/// <param name="Length">Context tokens of the example at hand; null for a task that is not made for a length.</param>
/// <param name="Done">Examples done, over all tasks and lengths; kept ones count.</param>
/// <param name="Total">All of them; null where that is not known before they are made.</param>
public readonly record struct EvalProgress(string Task, int? Length, int Done, int? Total);
