using System.Globalization;
using Farsight.Engine;

namespace Farsight.Evaluation.Core.Ranking;

/// <summary>Represents two systems' stored answers to one question.</summary>
/// <param name="Question">The question: task and example.</param>
/// <param name="A">The first system.</param>
/// <param name="B">The second system.</param>
/// <param name="First">The first system's record.</param>
/// <param name="Second">The second system's record.</param>
public sealed record AnswerPair(string Question, string A, string B, EvalRecord First, EvalRecord Second)
{
    /// <summary>Compares the two by their stored scores, without a judge.</summary>
    public PairOutcome ByScore()
    {
        bool isLowerBetter = EvalTaskCatalog.All.Any(t => t.Card.Name == First.Task && t.Card.IsLowerBetter);
        double result = First.Score == Second.Score ? 0.5 : First.Score > Second.Score == !isLowerBetter ? 1 : 0;
        return new(Question, A, B, result, result);
    }

    /// <summary>Returns the pairs of all systems on the examples that both answered; failed examples are left out.</summary>
    /// <param name="systems">The systems' names and results.</param>
    /// <param name="tasks">Tasks to compare; empty for all.</param>
    /// <param name="limit">Maximum number of examples per task, spread evenly; null for all.</param>
    /// <exception cref="InputException">Two systems share no answered example, or a task is in no results.</exception>
    public static IReadOnlyList<AnswerPair> Of(
        IReadOnlyList<(string Name, EvalResults Results)> systems, IReadOnlyCollection<string> tasks, int? limit)
    {
        if (tasks.FirstOrDefault(t => systems.All(s => s.Results.Examples.All(e => e.Task != t))) is { } unknown)
        {
            throw new InputException($"No results have answers of the task '{unknown}'.");
        }
        List<AnswerPair> pairs = [];
        for (int a = 0; a < systems.Count; a++)
        {
            for (int b = a + 1; b < systems.Count; b++)
            {
                AnswerPair[] own = [.. Shared(systems[a], systems[b], tasks, limit)];
                pairs.AddRange(own.Length > 0 ? own : throw new InputException(
                    $"{systems[a].Name} and {systems[b].Name} share no example that both answered; evaluate both on the same tasks."));
            }
        }
        return pairs;
    }

    static IEnumerable<AnswerPair> Shared(
        (string Name, EvalResults Results) a, (string Name, EvalResults Results) b, IReadOnlyCollection<string> tasks, int? limit)
    {
        Dictionary<(string, string), EvalRecord> other =
            b.Results.Examples.Where(r => r.Failed is null).ToDictionary(r => (r.Task, r.Id));
        return a.Results.Examples
            .Where(r => r.Failed is null && (tasks.Count == 0 || tasks.Contains(r.Task)) && other.ContainsKey((r.Task, r.Id)))
            .GroupBy(r => r.Task)
            .SelectMany(g => Spread([.. g], limit))
            .Select(r => new AnswerPair(
                string.Create(CultureInfo.InvariantCulture, $"{r.Task}/{r.Id}"), a.Name, b.Name, r, other[(r.Task, r.Id)]));
    }

    static IEnumerable<EvalRecord> Spread(EvalRecord[] records, int? limit) => limit is not { } most || most >= records.Length
        ? records
        : Enumerable.Range(0, most).Select(i => records[(int)((long)i * records.Length / most)]);
}
