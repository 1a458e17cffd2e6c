using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Workflows.Evolve;

/// <summary>
/// What is measured of every model, at the base model's window and at that of each iteration: the first tells what became of the short
/// ability.
/// </summary>
/// <param name="Tasks">As <c>farsight eval --task</c> takes them.</param>
/// <param name="Depths">How many, at equal distances from 0 to 1.</param>
/// <param name="Samples">Examples for each length and depth.</param>
/// <param name="Documents">Folder or file with the haystack's documents; null, or left out, for invented ones.</param>
public sealed record EvolveMeasurement(IReadOnlyList<string> Tasks, int Depths, int Samples, string? Documents = null)
{
    internal IEnumerable<string> Problems(string path) =>
    [
        .. Tasks.Count > 0 ? [] : new[] { $"{path}.tasks: the list is empty; name one at least." },
        .. Tasks.SelectMany((t, i) => Unknown(t) is { } problem ? new[] { $"{path}.tasks[{i}]: {problem}" } : []),
        .. Depths >= 1 ? [] : new[] { $"{path}.depths: {Depths} is not a number of depths; use 1 or more." },
        .. Samples >= 1 ? [] : new[] { $"{path}.samples: {Samples} is not a number of examples; use 1 or more." },
    ];

    static string? Unknown(string task)
    {
        try
        {
            EvalTaskCatalog.Find(task);
            return null;
        }
        catch (InputException e)
        {
            return e.Message;
        }
    }
}
