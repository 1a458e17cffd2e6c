using System.Globalization;
using System.Text;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Evaluation.Report;
using static System.FormattableString;

namespace Farsight.Workflows.Reports;

/// <summary>Builds tables of the steps of runs, for reports and as CSV.</summary>
static class RunSteps
{
    const int MostRows = 12;

    static readonly string[] s_alongTraining =
    [
        PreferenceMetrics.Loss, PreferenceMetrics.RewardMargin, PreferenceMetrics.RewardAccuracy, PreferenceMetrics.ChosenLogProb,
        PreferenceMetrics.ChosenExactMatch, PretrainingWork.AnswerExactMatch,
    ];

    /// <summary>Yields the tables of a run: held out before and after, held out along training, and training steps.</summary>
    internal static IEnumerable<ReportTable> Tables(TrainedRun run)
    {
        IReadOnlyList<MetricsLine> measured = run.Measured;
        if (measured is [{ HeldOut: { } first }, .., { HeldOut: { } last }])
        {
            yield return BeforeAndAfter(
                "Held-out samples",
                measured[0].Step == 0 ? "Before training" : Invariant($"Step {measured[0].Step}"),
                Invariant($"Step {measured[^1].Step}"),
                first,
                last);
        }
        if (measured.Count > 2)
        {
            yield return AlongTraining(measured);
        }
        int trained = run.Numbers.Steps;
        if (trained > 1)
        {
            int part = Math.Max(1, trained / 10);
            string steps = part == 1 ? "step" : Invariant($"{part} steps");
            yield return BeforeAndAfter(
                "Training steps",
                $"First {steps}",
                $"Last {steps}",
                run.Numbers.Means(0, part),
                run.Numbers.Means(trained - part, trained));
        }
    }

    /// <summary>Returns the means of a tenth of the steps, the last ones.</summary>
    internal static IReadOnlyDictionary<string, double> LastTenth(TrainedRun run) =>
        run.Numbers.Steps is > 0 and var steps
            ? run.Numbers.Means(steps - Math.Max(1, steps / 10), steps)
            : new Dictionary<string, double>();

    /// <summary>Returns at most the given number of items, evenly spaced, with the first and the last.</summary>
    internal static IReadOnlyList<T> Spread<T>(IReadOnlyList<T> all, int most) => all.Count <= most
        ? all
        : [.. Enumerable.Range(0, most).Select(i => all[(int)Math.Round((double)i * (all.Count - 1) / (most - 1))])];

    /// <summary>Formats the steps of runs as CSV: one row per step, after a row with the names of the columns.</summary>
    /// <remarks>Held-out metrics have the prefix "held_out."; a missing value is empty.</remarks>
    internal static string Csv(IReadOnlyList<TrainedRun> runs)
    {
        string[] values = [.. runs.SelectMany(r => r.Lines).SelectMany(l => l.Values.Keys).Distinct()];
        string[] heldOut = [.. runs.SelectMany(r => r.Lines).SelectMany(l => l.HeldOut?.Keys ?? []).Distinct()];
        StringBuilder text = new();
        string[] columns =
        [
            .. runs.Count > 1 ? ["run"] : Array.Empty<string>(),
            "step", .. values, .. heldOut.Select(h => $"held_out.{h}"), "seconds", "tokens", "peak_memory_bytes",
        ];
        text.AppendJoin(',', columns).Append('\n');
        foreach (TrainedRun run in runs)
        {
            Dictionary<int, StepTime> times = run.Times.ToDictionary(t => t.Step);
            foreach (MetricsLine line in run.Lines)
            {
                StepTime? time = times.GetValueOrDefault(line.Step);
                text.Append(runs.Count > 1 ? $"{Quoted(run.Name)}," : "").Append(Invariant($"{line.Step},"));
                text.AppendJoin(
                    ',',
                    [
                        .. values.Select(v => Number(line.Values, v)),
                        .. heldOut.Select(h => Number(line.HeldOut, h)),
                        time is null ? "" : Invariant($"{time.Seconds}"),
                        time is null ? "" : Invariant($"{time.Tokens}"),
                        time is { PeakMemory: > 0 } ? Invariant($"{time.PeakMemory}") : "",
                    ]);
                text.Append('\n');
            }
        }
        return text.ToString();
    }

    static ReportTable BeforeAndAfter(
        string caption, string before, string after, IReadOnlyDictionary<string, double> first, IReadOnlyDictionary<string, double> last) =>
        new(
            ["Metric", before, after, "Change", "n"],
            [
                .. from metric in RunMetric.All
                   where first.ContainsKey(metric.Key) || last.ContainsKey(metric.Key)
                   from row in Rows(metric, first, last)
                   select row,
            ])
        {
            Caption = caption,
        };

    /// <summary>Yields the row of a metric, and one with its quartiles over the samples if it has them.</summary>
    static IEnumerable<IReadOnlyList<TableCell>> Rows(
        RunMetric metric, IReadOnlyDictionary<string, double> first, IReadOnlyDictionary<string, double> last)
    {
        double? a = Value(first, metric.Key), b = Value(last, metric.Key);
        yield return
        [
            new(metric.Title, metric.Unit),
            new(metric.Format(a), metric.Range(first)),
            new(metric.Format(b), metric.Range(last)),
            new(metric.Change(a, b), metric.ChangeRange(first, last)),
            new(MeanInterval.CountOf(last, metric.Key) is { } count ? Invariant($"{count}") : "–"),
        ];
        if (Quartiles(metric, last) is { Length: > 0 } quartiles)
        {
            string title = $"{metric.Title}, quartiles over samples";
            yield return [new(title, metric.Unit), new(Quartiles(metric, first)), new(quartiles), new(""), new("")];
        }
    }

    static ReportTable AlongTraining(IReadOnlyList<MetricsLine> measured)
    {
        RunMetric[] metrics =
        [
            .. s_alongTraining.Where(k => measured.Any(l => l.HeldOut!.ContainsKey(k))).Select(RunMetric.Of),
        ];
        return new(
            ["Step", .. metrics.Select(m => m.Label)],
            [
                .. Spread(measured, MostRows).Select(l => (IReadOnlyList<TableCell>)
                [
                    new(Invariant($"{l.Step}")),
                    .. metrics.Select(m => new TableCell(m.Format(Value(l.HeldOut!, m.Key)), m.Range(l.HeldOut!))),
                ]),
            ])
        {
            Caption = "Held-out samples along training, with 95 % intervals",
        };
    }

    /// <summary>Formats the quartiles over the samples; empty for a metric without them.</summary>
    static string Quartiles(RunMetric metric, IReadOnlyDictionary<string, double> values) =>
        Value(values, $"{metric.Key}_q25") is { } low && Value(values, $"{metric.Key}_q75") is { } high
            ? $"{metric.Format(low)} to {metric.Format(high)}"
            : "";

    static double? Value(IReadOnlyDictionary<string, double> values, string key) =>
        values.TryGetValue(key, out double value) ? value : null;

    static string Number(IReadOnlyDictionary<string, double>? values, string key) =>
        values is null || !values.TryGetValue(key, out double value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);

    static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
