using Farsight.Engine;

namespace Farsight.Evaluation.Core;

/// <summary>Lists the tasks of this assembly. A new benchmark is a new folder in Benchmarks/ and needs no registration.</summary>
public static class EvalTaskCatalog
{
    const string Short = "needle";

    static readonly string[] s_suites = ["short", "long", "paper"];

    /// <summary>All tasks, sorted by name.</summary>
    public static IReadOnlyList<IEvalTask> All { get; } =
    [
        .. Made<IEvalTask>().Concat(Made<IEvalTaskFamily>().SelectMany(f => f.Tasks))
            .OrderBy(t => t.Card.Name, StringComparer.Ordinal),
    ];

    /// <summary>All families, sorted by the names of their classes.</summary>
    public static IReadOnlyList<IEvalTaskFamily> Families { get; } =
    [.. Made<IEvalTaskFamily>().OrderBy(f => f.GetType().FullName, StringComparer.Ordinal)];

    /// <summary>The names of suites.</summary>
    public static IReadOnlyList<string> Suites => s_suites;

    /// <summary>Returns the task of a name; "needle" is short for "needle/single".</summary>
    /// <exception cref="InputException">The name is unknown; the message lists the tasks.</exception>
    public static IEvalTask Get(string name) => Named(name) ?? throw Unknown(name);

    /// <summary>Returns the task of a name, or all tasks of a benchmark: "ruler".</summary>
    /// <exception cref="InputException">The name is unknown; the message lists the tasks.</exception>
    public static IReadOnlyList<IEvalTask> Find(string name)
    {
        if (Named(name) is { } task)
        {
            return [task];
        }
        IEvalTask[] benchmark = [.. All.Where(t => t.Card.Benchmark == name && name.Length > 0)];
        return benchmark.Length > 0 ? benchmark : throw Unknown(name);
    }

    /// <summary>Returns the tasks of a suite.</summary>
    /// <exception cref="InputException">There is no such suite.</exception>
    internal static IReadOnlyList<IEvalTask> Suite(string name) => s_suites.Contains(name)
        ? [.. All.Where(t => t.Card.Suites.Contains(name))]
        : throw new InputException($"No suite '{name}'.{Suggestion.Question(name, s_suites)} Suites: {string.Join(", ", s_suites)}.");

    static IEvalTask? Named(string name) => All.SingleOrDefault(t => t.Card.Name == (name == Short ? "needle/single" : name));

    static InputException Unknown(string name) =>
        new($"No task '{name}'.{Suggestion.Question(name, [Short, .. Names(), .. All.Select(t => t.Card.Name)])} "
            + $"Tasks: {string.Join(", ", Names())}.");

    static IEnumerable<string> Names() =>
        All.Select(t => t.Card.Benchmark is { Length: > 0 } b ? b : t.Card.Name).Distinct().Order(StringComparer.Ordinal);

    // A family's own tasks have no public constructor without arguments, or are nested in it.
    static IEnumerable<T> Made<T>() => typeof(IEvalTask).Assembly.GetTypes()
        .Where(t => t.IsAssignableTo(typeof(T)) && t is { IsAbstract: false, IsNested: false } && t.GetConstructor([]) is not null)
        .Select(t => (T)Activator.CreateInstance(t)!);
}
