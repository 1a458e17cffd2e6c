using System.Globalization;
using Farsight.Alignment.Runs;
using Farsight.Engine.Files;

namespace Farsight.Workflows.Study;

/// <summary>Represents the state of one training of a study.</summary>
/// <param name="Variant">Its name.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Status">"done", "failed", "begun" or "waiting".</param>
/// <param name="Steps">Steps in its metrics.</param>
/// <param name="Failure">Reason for the failure; null if the run has not failed.</param>
/// <param name="Alarms">Alarms of the run: "chosen_collapse at step 100".</param>
public sealed record StudyRunState(string Variant, int Seed, string Status, int Steps, string? Failure, IReadOnlyList<string> Alarms)
{
    internal static StudyRunState Of(StudyJob job, StudyPaths paths)
    {
        string? failure = File.Exists(paths.FailureOf(job)) ? RegularFile.ReadAllText(paths.FailureOf(job)).Trim() : null;
        string metrics = MetricsOf(job, paths);
        int steps = File.Exists(metrics) && MetricsLog.Read(metrics) is [.., var last] ? last.Step : 0;
        string status = failure is not null ? "failed"
            : Directory.Exists(paths.MadeOf(job, job.Variant.Recipe.Steps)) ? "done"
            : File.Exists(metrics) ? "begun"
            : "waiting";
        return new(
            job.Variant.Name,
            job.Seed!.Value,
            status,
            steps,
            failure,
            Directory.Exists(paths.RunOf(job))
                ? [.. RunDirectory.AlarmsOf(paths.RunOf(job)).Select(a => FormattableString.Invariant($"{a.Alarm} at step {a.Step}"))]
                : []);
    }

    internal static string MetricsOf(StudyJob job, StudyPaths paths) => Path.Combine(paths.RunOf(job), "metrics.jsonl");
}

/// <summary>Represents the duration of a training.</summary>
/// <param name="Seconds">Time of all steps; evaluations and the reading of data are not counted.</param>
/// <param name="Tokens">Rows that went forward and backward.</param>
sealed record StudyTiming(double Seconds, long Tokens)
{
    /// <summary>Reads the timing of a run; null if it has not started. Repeated steps count once.</summary>
    internal static StudyTiming? Of(StudyJob job, StudyPaths paths)
    {
        IReadOnlyList<StepTime> steps = TimingLog.Read(Path.Combine(paths.RunOf(job), "timing.jsonl"));
        return steps.Count == 0 ? null : new(steps.Sum(s => s.Seconds), steps.Sum(s => s.Tokens));
    }

    internal string Time => Seconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{Seconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{Seconds / 60:0.0} min");

    internal string Speed => Seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Tokens / Seconds:0}") : "–";
}
