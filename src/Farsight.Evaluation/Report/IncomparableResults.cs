using System.Globalization;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Report;

/// <summary>Explains why two evaluations have no example in common.</summary>
static class IncomparableResults
{
    /// <summary>Returns a sentence about what differs, without a point at its end.</summary>
    /// <param name="first">Name of the first evaluation.</param>
    /// <param name="before">Its results.</param>
    /// <param name="second">Name of the other.</param>
    /// <param name="after">Its results.</param>
    internal static string Reason(string first, EvalResults before, string second, EvalResults after)
    {
        (TaskResult Before, TaskResult After)[] common =
        [
            .. from task in before.Tasks
               from other in after.Tasks
               where other.Task == task.Task
               select (task, other),
        ];
        (TaskResult Before, TaskResult After)[] same = [.. common.Where(t => t.Before.Version == t.After.Version)];
        return common.Length == 0 ? $"{first} ran {Tasks(before)}, and {second} ran {Tasks(after)}"
            : same.Length == 0
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{common[0].Before.Task} is version {common[0].Before.Version} in {first} and version {common[0].After.Version} in "
                        + $"{second}")
            : same.FirstOrDefault(t => t.Before.Lengths.Count > 0 && !Lengths(t.Before).Intersect(Lengths(t.After)).Any()) is
            { Before: not null } apart
                ? $"{apart.Before.Task} has the length {List(Lengths(apart.Before))} in {first} and "
                    + $"{List(Lengths(apart.After))} in {second}"
            : before.Seed != after.Seed
                ? string.Create(CultureInfo.InvariantCulture, $"{first} has the seed {before.Seed}, and {second} the seed {after.Seed}")
            : "they have the same tasks and seed, so their data or documents differ";
    }

    static string Tasks(EvalResults results) =>
        results.Tasks.Count == 0 ? "nothing" : string.Join(", ", results.Tasks.Select(t => $"{t.Task} v{t.Version}"));

    static int[] Lengths(TaskResult task) => [.. task.Lengths.Select(l => l.Length).Order()];

    static string List(int[] lengths) =>
        lengths.Length == 0 ? "none" : string.Join(", ", lengths.Select(l => l.ToString(CultureInfo.InvariantCulture)));
}
