using Farsight.Alignment.Endpoints;

namespace Farsight.Evaluation.Core;

/// <summary>Holds everything but the model that determines the results of an evaluation.</summary>
/// <param name="Model">Name that tells the model from others: "tiny + logo". Never an absolute path.</param>
/// <param name="Tasks">Tasks, which run one after the other.</param>
/// <param name="Lengths">Context lengths in tokens, ascending, for the tasks that are made for a length.</param>
/// <param name="HaystackName">Name of the haystack's documents, for the report.</param>
/// <param name="Setting">Further inputs of the examples; its length is replaced.</param>
/// <param name="Limit">Maximum number of examples per task and length, spread evenly over all of them; null for all.</param>
public sealed record EvalPlan(
    string Model, IReadOnlyList<IEvalTask> Tasks, IReadOnlyList<int> Lengths, string HaystackName, EvalSetting Setting, int? Limit = null)
{
    /// <summary>Tasks that come from a suite. One that cannot run is left out, with its reason.</summary>
    public IReadOnlyCollection<IEvalTask> OfSuites { get; init; } = [];

    /// <summary>How answers are decoded.</summary>
    internal EvalDecoding Decoding { get; init; } = new();

    /// <summary>Prices of an endpoint's tokens; null where the cost is not counted.</summary>
    internal EndpointPrices? Prices { get; init; }

    /// <summary>As <see cref="EvalResults.Command"/>.</summary>
    public string Command { get; init; } = "";

    /// <summary>Receives notices for the user; null to ignore them.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Returns the setting of one length.</summary>
    public EvalSetting At(int length) => Setting with { Length = length, Lengths = Lengths };

    /// <summary>Returns each task once per length, or once where it has no length.</summary>
    internal IEnumerable<(IEvalTask Task, EvalSetting Setting)> Parts() =>
        from task in Tasks
        from length in task.Card.IsPerLength ? Lengths : [Lengths[^1]]
        select (task, At(length));

    /// <summary>Counts all examples; null where a task does not know their number.</summary>
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

/// <summary>Represents the progress of an evaluation.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Length">Context tokens of the example; null for a task that is not made for a length.</param>
/// <param name="Done">Number of finished examples over all tasks and lengths, kept ones included.</param>
/// <param name="Total">Number of all examples; null where it is not known before they are made.</param>
public readonly record struct EvalProgress(string Task, int? Length, int Done, int? Total)
{
    /// <summary>
    /// Estimated share of the whole work that is done, by the tokens of the prompts; null where it was not estimated before the start.
    /// </summary>
    public double? Work { get; init; }
}
