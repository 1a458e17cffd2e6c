using System.Text.Json;
using Farsight.Alignment.Runs;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Inspection;

/// <summary>Inspects a run directory, which may be in use.</summary>
static class RunInspection
{
    internal static Inspection Of(string path)
    {
        Findings findings = new();
        AddManifest(Path.Combine(path, "manifest.json"), findings);
        string metrics = Path.Combine(path, "metrics.jsonl");
        MetricsLine? last = File.Exists(metrics) && findings.Try(() => MetricsLog.Read(metrics)) is [.., var line] ? line : null;
        findings.Add("steps", last?.Step ?? 0);
        foreach ((string name, double value) in last?.Values ?? new Dictionary<string, double>())
        {
            findings.Add($"last_{name}", value);
        }
        findings.Add(
            "newest_checkpoint",
            new CheckpointFolder(Path.Combine(path, "checkpoints")).Newest is { } newest ? $"step {newest.Step}" : "none");
        string[] outputs =
        [
            .. ((string[])["adapter", "adapters", "model", "models", "reports"]).Where(f => Directory.Exists(Path.Combine(path, f))),
        ];
        findings.Add("output", outputs);
        IReadOnlyList<AlarmLine> alarms = findings.Try(() => RunDirectory.AlarmsOf(path)) ?? [];
        findings.Add("alarms", alarms.Count);
        foreach (AlarmLine alarm in alarms)
        {
            findings.Unusual(alarm.ToString());
        }
        if (!outputs.Contains("adapter") && !outputs.Contains("model"))
        {
            findings.Unusual(
                "The run has no adapter or model yet. It is still running, or it was stopped and can be resumed.");
        }
        return findings.ToInspection("run");
    }

    static void AddManifest(string file, Findings findings)
    {
        try
        {
            RunManifest manifest = RunManifest.Parse(RegularFile.ReadAllText(file));
            findings.Add("command", manifest.Command);
            findings.Add("seed", manifest.Seed);
            findings.Add("farsight", manifest.FarsightVersion);
            findings.Add("processor", manifest.Processor);
            findings.Add("vector_bits", manifest.SimdBits);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            findings.Unusual($"{file} is missing or damaged, so seed and machine are unknown.");
        }
    }
}
