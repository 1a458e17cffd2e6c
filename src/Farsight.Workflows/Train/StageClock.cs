using System.Diagnostics;
using System.Text.Json;
using Farsight.Engine.Files;

namespace Farsight.Workflows.Train;

/// <summary>Seconds spent in each stage, over all the times that a run of several stages was started.</summary>
/// <param name="path">Where they are kept.</param>
sealed class StageClock(string path)
{
    readonly Dictionary<string, double> _seconds = Read(path);

    /// <summary>What was measured so far, with the total.</summary>
    internal IReadOnlyDictionary<string, double> Seconds
    {
        get
        {
            Dictionary<string, double> rounded = _seconds.ToDictionary(p => p.Key, p => Math.Round(p.Value, 1));
            rounded["total"] = Math.Round(_seconds.Values.Sum(), 1);
            return rounded;
        }
    }

    /// <summary>Runs a part of a stage and adds its time, also when it is interrupted.</summary>
    internal void Measure(string stage, Action part)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            part();
        }
        finally
        {
            _seconds[stage] = _seconds.GetValueOrDefault(stage) + Stopwatch.GetElapsedTime(start).TotalSeconds;
            AtomicFile.WriteText(path, JsonSerializer.Serialize(_seconds));
        }
    }

    static Dictionary<string, double> Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(path)) ?? [] : [];
}
