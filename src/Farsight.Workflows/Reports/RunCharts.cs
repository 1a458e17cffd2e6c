using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Evaluation.Report;

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
        ChartPoint[] points = run.Numbers.Speed();
        return points.Length < 2 ? null : new("Tokens per second", Step, "tokens per second", [Series(Training, points, TrainingStyle)])
        {
            MustShow = [0],
            Band = HasRanges(points),
        };
    }

    /// <summary>Builds charts over several runs, one line per run.</summary>
    internal static IReadOnlyList<LineChart> Of(IReadOnlyList<TrainedRun> runs)
    {
        return
        [
            .. from metric in RunMetric.All
               from heldOut in s_parts
               let series = (ChartSeries[])
               [
                   .. from run in runs
                      let points = Points(run, metric.Key, heldOut, metric.Scale)
                      where points.Length > 0
                      select new ChartSeries(run.Name, points),
               ]
               where series.Any(s => s.Points.Count > 1)
               select new LineChart($"{metric.Title}, {(heldOut ? HeldOut : Training)}", Step, UnitOf(metric), series)
               {
                   MustShow = metric.Scale == 1 ? [] : [0, 100],
                   LogY = metric.Key == RunMetric.GradientNorm,
                   Band = series.Any(s => HasRanges(s.Points)),
               },
        ];
    }

    /// <summary>Builds a chart of one metric, over the steps and over the held-out samples.</summary>
    static LineChart Both(TrainedRun run, string key)
    {
        RunMetric metric = RunMetric.Of(key);
        ChartSeries[] series =
        [
            Series(Training, Points(run, key, heldOut: false, metric.Scale), TrainingStyle),
            Series(HeldOut, Points(run, key, heldOut: true, metric.Scale), HeldOutStyle),
        ];
        return new(metric.Title, Step, UnitOf(metric), [.. series.Where(s => s.Points.Count > 0)])
        {
            MustShow = metric.Scale == 1 ? [] : [0, 100],
            Band = series.Any(s => HasRanges(s.Points)),
        };
    }

    /// <summary>Builds a chart of the chosen and the rejected responses.</summary>
    static LineChart Pair(TrainedRun run, string title, string chosen, string rejected, bool heldOut)
    {
        ChartSeries[] series = [Own(Chosen, chosen, ChosenStyle), Own(Rejected, rejected, RejectedStyle)];
        return new(title, Step, UnitOf(RunMetric.Of(chosen)), [.. series.Where(s => s.Points.Count > 0)])
        {
            Band = series.Any(s => HasRanges(s.Points)),
        };

        ChartSeries Own(string name, string key, int style) => Series(name, Points(run, key, heldOut, 1), style);
    }

    /// <summary>Builds the chart of the margins: means, with the quartiles over the samples as an area.</summary>
    static LineChart Margins(TrainedRun run)
    {
        ChartSeries training = Series(Training, Spread(run, heldOut: false), TrainingStyle),
            heldOut = Series(HeldOut, Spread(run, heldOut: true), HeldOutStyle);
        return new(
            "Reward margin, with quartiles",
            Step,
            UnitOf(RunMetric.Of(PreferenceMetrics.RewardMargin)),
            [.. new[] { training, heldOut }.Where(s => s.Points.Count > 0)])
        {
            Band = true,
        };
    }

    static ChartPoint[] Spread(TrainedRun run, bool heldOut)
    {
        ChartPoint[] points = run.Numbers.Points(PreferenceMetrics.RewardMargin, heldOut, "reward_margin_q25", "reward_margin_q75");
        int stretch = (points.Length + MostBandPoints - 1) / MostBandPoints;
        return stretch <= 1 ? points :
        [
            .. points.Chunk(stretch).Select(c => new ChartPoint(
                c.Average(p => p.X), c.Average(p => p.Y), c.Average(p => p.Low), c.Average(p => p.High))),
        ];
    }

    static ChartPoint[] Points(TrainedRun run, string key, bool heldOut, double scale) =>
        [.. run.Numbers.Points(key, heldOut).Select(p => new ChartPoint(p.X, scale * p.Y, scale * p.Low, scale * p.High))];

    /// <summary>Tells whether points stand for several steps each, whose ranges they have.</summary>
    static bool HasRanges(IReadOnlyList<ChartPoint> points) => points is [{ Low: not null }, ..];

    static ChartSeries Series(string name, ChartPoint[] points, int style) => new(name, points) { Style = style };

    static string UnitOf(RunMetric metric) => metric.Unit.Length > 0 ? metric.Unit : metric.Title.ToLowerInvariant();

    static ChartMark[] InRange(ChartMark[] marks, LineChart chart)
    {
        double[] places = [.. chart.Series.SelectMany(s => s.Points).Select(p => p.X)];
        return [.. marks.Where(m => m.X >= places.Min() && m.X <= places.Max())];
    }
}
