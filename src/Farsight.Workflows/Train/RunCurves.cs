using Farsight.Alignment.Runs;
using Farsight.Evaluation.Report;

namespace Farsight.Workflows.Train;

/// <summary>Reads curves from the metrics of training runs.</summary>
static class RunCurves
{
    /// <summary>Builds a chart with one line per run that has the metric.</summary>
    /// <param name="title">Title of the chart.</param>
    /// <param name="unit">Unit of the metric.</param>
    /// <param name="metric">Key in metrics.jsonl.</param>
    /// <param name="heldOut">Whether the values are those of the held-out samples.</param>
    /// <param name="runs">Names and run directories.</param>
    internal static LineChart Chart(
        string title, string unit, string metric, bool heldOut, IEnumerable<(string Name, string Directory)> runs) =>
        new(
            title,
            "optimizer step",
            unit,
            [
                .. from run in runs
                let values = Values(Path.Combine(run.Directory, "metrics.jsonl"), metric, heldOut)
                where values.Count > 0
                select new ChartSeries(run.Name, [.. values.Select(v => new ChartPoint(v.Step, v.Value))]),
            ])
        {
            MustShow = unit == "share" ? [0, 1] : [],
        };

    /// <summary>Returns the finite values of a metric by step; none if the file does not exist.</summary>
    internal static IReadOnlyList<(int Step, double Value)> Values(string metricsPath, string metric, bool heldOut) =>
        !File.Exists(metricsPath) ? [] :
        [
            .. from line in MetricsLog.Read(metricsPath)
               let values = heldOut ? line.HeldOut : line.Values
               where values?.ContainsKey(metric) == true && double.IsFinite(values[metric])
               select (line.Step, values[metric]),
        ];
}
