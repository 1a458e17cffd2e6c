using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Reports;

/// <summary>Builds the charts of training runs.</summary>
static class RunCharts
{
    // Training samples, then those that were held out.
    static readonly bool[] s_parts = [false, true];

    const string Step = "optimizer step", Training = "training", HeldOut = "held out", Chosen = "chosen", Rejected = "rejected";

    // Colors and dashes, the same in all charts of a run.
    const int TrainingStyle = 1, HeldOutStyle = 2, ChosenStyle = 3, RejectedStyle = 6;

    // A band is drawn over stretches of steps, so that it shows more than noise.
    const int MostBandPoints = 40;

    /// <summary>Builds every chart that a run has numbers for.</summary>
    internal static IReadOnlyList<LineChart> Of(TrainedRun run)
    {
        ChartMark[] alarms = [.. run.Alarms.Select(a => new ChartMark(a.Step, "alarm"))];
        LineChart[] all =
        [
            Both(run, PreferenceMetrics.Loss),
            Margins(run),
            Both(run, PreferenceMetrics.RewardAccuracy),
            Both(run, PreferenceMetrics.ChosenExactMatch),
            Both(run, PretrainingWork.AnswerExactMatch),
            Pair(run, "Log-probability, training", PreferenceMetrics.ChosenLogProb, PreferenceMetrics.RejectedLogProb, heldOut: false),
            Pair(run, "Log-probability, held out", PreferenceMetrics.ChosenLogProb, PreferenceMetrics.RejectedLogProb, heldOut: true),
            Pair(run, "Reward, training", PreferenceMetrics.ChosenReward, PreferenceMetrics.RejectedReward, heldOut: false),
            Pair(run, "Reward, held out", PreferenceMetrics.ChosenReward, PreferenceMetrics.RejectedReward, heldOut: true),
            Both(run, PreferenceMetrics.PreferenceShare),
            Both(run, PreferenceMetrics.LiveComparisons),
            Both(run, PreferenceMetrics.PromptLogProb),
            Both(run, RunMetric.LearningRate),
            Both(run, RunMetric.GradientNorm) with { LogY = true },
            Both(run, RunMetric.ExpertImbalance),
        ];
        return [.. all.Where(c => c.Series.Count > 0).Select(c => c with { Marks = InRange(alarms, c) })];
    }

    /// <summary>Builds the chart of tokens per second; null if no step was timed.</summary>
    internal static LineChart? Speed(TrainedRun run)
    {
        ChartPoint[] points = [.. run.Times.Where(t => t.Seconds > 0).Select(t => new ChartPoint(t.Step, t.Tokens / t.Seconds))];
        return points.Length < 2 ? null : new("Tokens per second", Step, "tokens per second", [Series(Training, points, TrainingStyle)])
        {
            MustShow = [0],
        };
    }

    /// <summary>Builds charts over several runs, one line per run.</summary>
    internal static IReadOnlyList<LineChart> Of(IReadOnlyList<TrainedRun> runs)
    {
        (string Name, string Folder)[] named = [.. runs.Select(r => (r.Name, r.Folder))];
        return
        [
            .. from metric in RunMetric.All
               from heldOut in s_parts
               let chart = RunCurves.Chart(
                   $"{metric.Title}, {(heldOut ? HeldOut : Training)}", UnitOf(metric), metric.Key, heldOut, named)
               where chart.Series.Any(s => s.Points.Count > 1)
               select Scaled(chart, metric) with { LogY = metric.Key == RunMetric.GradientNorm },
        ];
    }

    static LineChart Scaled(LineChart chart, RunMetric metric) => chart with
    {
        Series = [.. chart.Series.Select(s => s with { Points = [.. s.Points.Select(p => p with { Y = p.Y * metric.Scale })] })],
        MustShow = metric.Scale == 1 ? [] : [0, 100],
    };

    /// <summary>Builds a chart of one metric, over the steps and over the held-out samples.</summary>
    static LineChart Both(TrainedRun run, string key)
    {
        RunMetric metric = RunMetric.Of(key);
        ChartSeries[] series =
        [
            Series(Training, Points(run.Trained, l => l.Values, key, metric.Scale), TrainingStyle),
            Series(HeldOut, Points(run.Measured, l => l.HeldOut, key, metric.Scale), HeldOutStyle),
        ];
        return new(metric.Title, Step, UnitOf(metric), [.. series.Where(s => s.Points.Count > 0)])
        {
            MustShow = metric.Scale == 1 ? [] : [0, 100],
        };
    }

    /// <summary>Builds a chart of the chosen and the rejected responses.</summary>
    static LineChart Pair(TrainedRun run, string title, string chosen, string rejected, bool heldOut)
    {
        ChartSeries[] series = [Own(Chosen, chosen, ChosenStyle), Own(Rejected, rejected, RejectedStyle)];
        return new(title, Step, UnitOf(RunMetric.Of(chosen)), [.. series.Where(s => s.Points.Count > 0)]);

        ChartSeries Own(string name, string key, int style) => Series(
            name, heldOut ? Points(run.Measured, l => l.HeldOut, key, 1) : Points(run.Trained, l => l.Values, key, 1), style);
    }

    /// <summary>Builds the chart of the margins: means, with the quartiles over the samples as an area.</summary>
    static LineChart Margins(TrainedRun run)
    {
        ChartSeries training = Series(Training, Spread(run.Trained, l => l.Values), TrainingStyle),
            heldOut = Series(HeldOut, Spread(run.Measured, l => l.HeldOut), HeldOutStyle);
        return new(
            "Reward margin, with quartiles",
            Step,
            UnitOf(RunMetric.Of(PreferenceMetrics.RewardMargin)),
            [.. new[] { training, heldOut }.Where(s => s.Points.Count > 0)])
        {
            Band = true,
        };
    }

    static ChartPoint[] Spread(IReadOnlyList<MetricsLine> lines, Func<MetricsLine, IReadOnlyDictionary<string, double>?> valuesOf)
    {
        ChartPoint[] points =
        [
            .. from line in lines
               let values = valuesOf(line)
               let mean = Value(values, PreferenceMetrics.RewardMargin)
               where mean is not null
               select new ChartPoint(
                   line.Step, mean.Value, Value(values, "reward_margin_q25"), Value(values, "reward_margin_q75")),
        ];
        int stretch = (points.Length + MostBandPoints - 1) / MostBandPoints;
        return stretch <= 1 ? points :
        [
            .. points.Chunk(stretch).Select(c => new ChartPoint(
                c.Average(p => p.X), c.Average(p => p.Y), c.Average(p => p.Low), c.Average(p => p.High))),
        ];
    }

    static ChartPoint[] Points(
        IReadOnlyList<MetricsLine> lines, Func<MetricsLine, IReadOnlyDictionary<string, double>?> valuesOf, string key, double scale) =>
        [
            .. from line in lines
               let value = Value(valuesOf(line), key)
               where value is not null
               select new ChartPoint(line.Step, scale * value.Value),
        ];

    static double? Value(IReadOnlyDictionary<string, double>? values, string key) =>
        values is not null && values.TryGetValue(key, out double value) && double.IsFinite(value) ? value : null;

    static ChartSeries Series(string name, ChartPoint[] points, int style) => new(name, points) { Style = style };

    static string UnitOf(RunMetric metric) => metric.Unit.Length > 0 ? metric.Unit : metric.Title.ToLowerInvariant();

    static ChartMark[] InRange(ChartMark[] marks, LineChart chart)
    {
        double[] places = [.. chart.Series.SelectMany(s => s.Points).Select(p => p.X)];
        return [.. marks.Where(m => m.X >= places.Min() && m.X <= places.Max())];
    }
}
