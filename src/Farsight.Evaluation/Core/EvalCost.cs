using System.Text.Json;
using Farsight.Engine.Files;

namespace Farsight.Evaluation.Core;

/// <summary>Represents the time and memory of an evaluation; it differs from run to run and is no part of results.json.</summary>
/// <param name="Examples">Examples that were measured; kept answers of other runs without times are not among them.</param>
/// <param name="Seconds">Seconds that the model needed for them.</param>
/// <param name="PeakMemory">Maximum bytes that the process held until the last of them; 0 if an earlier version wrote the times.</param>
sealed record EvalCost(int Examples, double Seconds, long PeakMemory)
{
    /// <summary>Reads timing.jsonl of a directory; null if it is missing, damaged, or has no times of these tasks.</summary>
    internal static EvalCost? Read(string directory, IReadOnlyList<TaskResult> tasks)
    {
        string path = Path.Combine(directory, EvalFiles.TimingName);
        HashSet<string> wanted = [.. tasks.Select(t => t.Task)];
        try
        {
            ExampleTime[] times = File.Exists(path)
                ? [.. RegularFile.ReadLines(path).Select(EvalFiles.ParseTime).Where(t => wanted.Contains(t.Task))]
                : [];
            return times.Length == 0 ? null : new(times.Length, times.Sum(t => t.Seconds), times.Max(t => t.PeakMemory));
        }
        catch (JsonException)
        {
            return null; // a report of the scores needs no times
        }
    }
}

/// <summary>Represents a line of timing.jsonl.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Id">Id of the example.</param>
/// <param name="Seconds">Seconds that the model needed for it.</param>
/// <param name="PeakMemory">Maximum bytes that the process held until then; 0 if an earlier version wrote the line.</param>
sealed record ExampleTime(string Task, string Id, double Seconds, long PeakMemory = 0);
