using Farsight.Engine;

namespace Farsight.Alignment.Evaluation;

/// <summary>Every task of this assembly. A new benchmark is a new file in Tasks/ and nothing else.</summary>
public static class EvalTaskCatalog
{
    /// <summary>All tasks, by name.</summary>
    public static IReadOnlyList<IEvalTask> All { get; } =
    [
        .. typeof(IEvalTask).Assembly.GetTypes()
            .Where(t => t.IsAssignableTo(typeof(IEvalTask)) && t is { IsAbstract: false })
            .Select(t => (IEvalTask)Activator.CreateInstance(t)!)
            .OrderBy(t => t.Card.Name, StringComparer.Ordinal),
    ];

    /// <summary>The task of a name; "needle" is short for "needle/single".</summary>
    /// <exception cref="InputException">There is none; the message lists them.</exception>
    public static IEvalTask Get(string name)
    {
        string full = name == "needle" ? "needle/single" : name;
        return All.SingleOrDefault(t => t.Card.Name == full)
            ?? throw new InputException($"No task '{name}'. Tasks: {string.Join(", ", All.Select(t => t.Card.Name))}, perplexity.");
    }
}
