using System.Diagnostics;
using System.Text.Json;
using Farsight.Engine.Files;

namespace Farsight.Workflows.Train;

/// <summary>Measures the seconds per stage, over all restarts of a run.</summary>
/// <param name="path">Where they are kept.</param>
sealed class StageClock(string path)
{
    readonly Dictionary<string, double> _seconds = Read(path);

    /// <summary>Seconds by stage so far, and in total.</summary>
    internal IReadOnlyDictionary<string, double> Seconds
    {
        get
        {
            Dictionary<string, double> rounded = _seconds.ToDictionary(p => p.Key, p => Math.Round(p.Value, 1));
            rounded["total"] = Math.Round(_seconds.Values.Sum(), 1);
            return rounded;
        }
    }

    /// <summary>Runs a part of a stage and adds its time, even if it is interrupted.</summary>
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
        File.Exists(path) ? JsonSerializer.Deserialize<Dictionary<string, double>>(RegularFile.ReadAllText(path)) ?? [] : [];
}
