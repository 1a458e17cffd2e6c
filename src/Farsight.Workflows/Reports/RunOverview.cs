using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Evaluation.Report;
using static System.FormattableString;

namespace Farsight.Workflows.Reports;

/// <summary>Describes a run in progress: where it is now, then what a report shows of it.</summary>
public static class RunOverview
{
    // In the order of the list of runs.
    static readonly string[] s_columns =
    [
        PreferenceMetrics.Loss, PreferenceMetrics.RewardMargin, PreferenceMetrics.RewardAccuracy,
    ];

    /// <summary>Gets the headings of <see cref="RunSummary.Cells"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["State", .. s_columns.Select(k => RunMetric.Of(k).Title), "Tokens/s", "Alarms"];

    /// <summary>Creates the model of a run's page. It reads no file.</summary>
    public static ReportModel Of(TrainedRun run) => new()
    {
        Title = run.Name,
        Lead = RunReport.Lead(run),
        Headlines = [.. Headlines(run)],
        Sections =
        [
            .. RunReport.NotEmpty(
                RunReport.Alarms(run),
                Curves(run),
                Now(run),
                RunReport.Numbers(run),
                RunReport.AlongTraining(run),
                RunReport.TimeAndMemory(run),
                RunReport.Recipe(run)),
        ],
        Provenance = [RunReport.Provenance(run)],
    };

    /// <summary>
    /// Creates the row of a run in a list. Its metrics are those of the report's headlines: the last held-out measurement, or the mean of
    /// the last tenth of the training steps of a run without one.
    /// </summary>
    public static RunSummary Summary(TrainedRun run)
    {
        bool isHeldOut = run.Measured.Count > 0;
        IReadOnlyDictionary<string, double> values = isHeldOut ? run.Measured[^1].HeldOut! : RunSteps.LastTenth(run);
        return new(
            RunReport.StateOf(run),
            [
                .. s_columns.Select(k => RunMetric.Of(k)).Select(m =>
                    values.TryGetValue(m.Key, out double value) ? $"{m.FormatLarge(value)}{(isHeldOut ? "" : ", training")}" : "–"),
                Recent(run) is { } speed ? Invariant($"{speed:0}") : "–",
                run.Alarms.Count == 0 ? "none" : string.Join(", ", run.Alarms.Select(a => Invariant($"{a.Alarm} at step {a.Step}"))),
            ]);
    }

    static readonly Dictionary<string, double> s_none = [];

    static IEnumerable<Headline> Headlines(TrainedRun run)
    {
        string left = RunReport.SecondsLeft(run) is { } seconds && run.State == RunState.Running
            ? $"running, about {ReportText.Duration(seconds)} left"
            : run.State.ToString().ToLowerInvariant();
        yield return new(Invariant($"{run.Done} of {run.Steps}"), "steps", left);
        foreach (Headline metric in RunReport.MeasuredHeadlines(run))
        {
            yield return metric;
        }
        if (Recent(run) is { } speed)
        {
            yield return new(Invariant($"{speed:0}"), "tokens per second", Invariant($"{run.TokensPerSecond:0} over the whole run"));
        }
        if (run.PeakMemory > 0)
        {
            yield return new(ReportText.Bytes(run.PeakMemory), "peak memory", RunReport.Planned(run));
        }
    }

    static ReportSection Curves(TrainedRun run)
    {
        ReportSection curves = RunReport.Curves(run);
        return run.Numbers.Steps <= StepColumns.MostPoints ? curves : curves with
        {
            Note = Invariant($"Faint lines are means of about {run.Numbers.Steps / StepColumns.Buckets} steps, and areas span their ")
                + "minimum and maximum; around a margin, the quartiles over samples. Bold lines are a moving mean.",
        };
    }

    static ReportSection Now(TrainedRun run) =>
        new("Now", "A single step varies with its samples; the mean of the last tenth varies less. Below a mean is its 95 % interval.")
        {
            Tables = Latest(run) is { Rows.Count: > 0 } latest ? [latest] : [],
        };

    static ReportTable Latest(TrainedRun run)
    {
        IReadOnlyDictionary<string, double> last = run.Lines is [.., var line] ? line.Values : s_none, mean = RunSteps.LastTenth(run);
        IReadOnlyDictionary<string, double> heldOut = run.Measured is [.., { HeldOut: { } measured }] ? measured : s_none;
        string measuredAt = run.Measured is [.., var at] ? Invariant($"Held out, step {at.Step}") : "Held out";
        return new(
            ["Metric", Invariant($"Step {run.Done}"), "Mean of the last tenth", measuredAt],
            [
                .. from metric in RunMetric.All
                   where new[] { last, mean, heldOut }.Any(v => v.ContainsKey(metric.Key))
                   select (IReadOnlyList<TableCell>)
                   [
                       new(metric.Title, metric.Unit), Cell(metric, last), Cell(metric, mean), Cell(metric, heldOut),
                   ],
            ]);
    }

    static TableCell Cell(RunMetric metric, IReadOnlyDictionary<string, double> values) =>
        new(values.TryGetValue(metric.Key, out double value) ? metric.Format(value) : "–", metric.Range(values));

    static double? Recent(TrainedRun run)
    {
        StepTime[] recent = [.. run.Times.TakeLast(RunReport.RecentSteps)];
        double seconds = recent.Sum(t => t.Seconds);
        return seconds > 0 ? recent.Sum(t => t.Tokens) / seconds : null;
    }
}

/// <summary>Represents the row of a run in a list.</summary>
/// <param name="State">"running, step 20 of 300, about 3 min left".</param>
/// <param name="Cells">The other columns, as in <see cref="RunOverview.Columns"/> after the state.</param>
public sealed record RunSummary(string State, IReadOnlyList<string> Cells);
