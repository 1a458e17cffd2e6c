using System.Globalization;
using Farsight.Evaluation.Benchmarks.Perplexity;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Report;

/// <summary>Creates one task's maps, lines and tables.</summary>
static class TaskSections
{
    internal static TaskSection Of(MeasuredTask task) => new(
        task.First.Title, Note(task),
        task.HasDepths && task.First.IsShare ? [.. task.Measured.Select(Map)] : [],
        task.Lengths.Length > 1 ? [Lines(task)] : [],
        [.. Tables(task)]);

    static string Note(MeasuredTask task)
    {
        TaskResult first = task.First;
        CellResult[] all = [.. task.Measured.Select(m => m.Task.All)];
        int examples = all.Max(c => c.N);
        int most = task.Measured.Max(m =>
            m.Task.Cells.Select(c => c.N).DefaultIfEmpty(m.Task.Lengths.Select(c => c.N).DefaultIfEmpty(m.Task.All.N).Max()).Max());
        int failed = all.Sum(c => c.Failed);
        double ranOut = task.Measured.Max(m => (double)m.Task.StopReasons.GetValueOrDefault("length") / m.Task.All.N);
        string[] sentences =
        [
            $"{first.Task} v{first.Version}: {first.Metric}{(first.IsShare ? ", in percent" : "")}"
                + $"{(first.IsLowerBetter ? "; lower is better" : "")}.",
            ReportText.Examples(examples)
                + (most == examples ? ""
                    : task.HasDepths ? $", {most} per length and depth"
                    : task.Lengths.Length > 1 ? $", {most} per length"
                    : "")
                + $"{(first.Chance is { } chance ? $", chance {task.Number(chance)}" : "")}.",
            first.Task == SlidingPerplexity.Name
                ? $"The same {(most * SlidingPerplexity.Targets).ToString(CultureInfo.InvariantCulture)} tokens at every length."
                : "",
            failed == 0 ? "" : $"{ReportText.Examples(failed)} failed and {(first.IsLowerBetter ? "are left out" : "count as wrong")}.",
            task.Measured.Max(m => m.Task.TruncatedByServer) is > 0 and var truncated
                ? $"The server read far fewer tokens than were sent in {truncated} prompts; it probably truncated them."
                : "",
            task.Measured.Max(m => m.Task.CutShare) is > 0 and var cut ? $"{ReportText.Percent(cut)} % of the prompts were cut." : "",
            ranOut >= 0.005 ? $"Up to {ReportText.Percent(ranOut)} % of the answers reached the limit of new tokens." : "",
        ];
        return string.Join(' ', sentences.Where(s => s.Length > 0));
    }

    static HeatMap Map((string Name, TaskResult Task) measured) => new(measured.Name,
        [.. measured.Task.Cells.Where(c => c.Depth is not null && c.Length > 0).GroupBy(c => (c.Length, c.Depth!.Value)).Select(c =>
            new HeatCell(c.Key.Length, c.Key.Value, c.Sum(x => (x.Mean ?? 0) * x.N) / c.Sum(x => x.N), c.Sum(x => x.N)))]);

    static LineChart Lines(MeasuredTask task)
    {
        double scale = task.First.IsShare ? 100 : 1;
        return new($"{task.First.Title} by context length", "context length (tokens)", task.First.IsShare ? "percent" : task.First.Metric,
            [.. task.Measured.Select(m => new ChartSeries(m.Name, [.. m.Task.Lengths.OrderBy(c => c.Length).Select(Point)]))])
        {
            LogX = true,
            LogY = task.First.Task == SlidingPerplexity.Name,
            MustShow = task.First.IsShare ? [0, 100] : [],
            Chance = task.First.IsShare && task.First.Chance is > 0 and var chance ? 100 * chance : null,
        };

        ChartPoint Point(CellResult cell) => new(cell.Length, cell.Mean * scale ?? double.NaN, cell.Low * scale, cell.High * scale);
    }

    /// <summary>
    /// Yields means by length, one row per variant, and by every other group, one row per value. A heat map already shows depths.
    /// </summary>
    static IEnumerable<ReportTable> Tables(MeasuredTask task)
    {
        yield return task.Lengths.Length > 0 ? ByLength(task) : Over(task);
        IReadOnlyList<EvalMetric> described = task.Lengths.Length > 0 ? Described(task.First) : [];
        if (described.Count > 0)
        {
            yield return MetricsByLength(task, described);
        }
        foreach (
            string group in task
                .Measured.SelectMany(m => m.Task.By.SelectMany(c => c.Groups.Keys))
                .Distinct()
                .Where(g => g != EvalExample.Length))
        {
            if (group != EvalExample.Depth || !task.HasDepths)
            {
                yield return By(task, group);
            }
        }
    }

    static ReportTable ByLength(MeasuredTask task)
    {
        CellResult? at(TaskResult result, int length) => result.Lengths.FirstOrDefault(c => c.Length == length);
        return new(["Context length", .. task.Lengths.Select(l => ReportText.Tokens(l)), "All"],
            [.. task.Measured.Select(m => (IReadOnlyList<TableCell>)
            [
                new(m.Name), .. task.Lengths.Select(l => task.Cell(at(m.Task, l), task.Measured.Select(o => at(o.Task, l)))),
                task.Cell(m.Task.All, task.Measured.Select(o => o.Task.All)),
            ])])
        {
            Caption = "By context length, with 95 % intervals",
        };
    }

    /// <summary>Returns the metrics beside the score that the task's card describes.</summary>
    static IReadOnlyList<EvalMetric> Described(TaskResult task) =>
        EvalTaskCatalog.All.FirstOrDefault(t => t.Card.Name == task.Task && t.Card.Version == task.Version)?.Card.Metrics ?? [];

    static ReportTable MetricsByLength(MeasuredTask task, IReadOnlyList<EvalMetric> metrics)
    {
        TableCell at(CellResult? cell, string metric) =>
            new(cell?.Beside.TryGetValue(metric, out double value) == true ? task.Number(value) : "–");
        return new(
            ["Metric by context length", .. task.Lengths.Select(l => ReportText.Tokens(l)), "All"],
            [
                .. from m in task.Measured
                   from metric in metrics.Select(d => d.Name)
                   select (IReadOnlyList<TableCell>)
                   [
                       new($"{m.Name}: {metric}"),
                       .. task.Lengths.Select(l => at(m.Task.Lengths.FirstOrDefault(c => c.Length == l), metric)),
                       at(m.Task.All, metric),
                   ],
            ])
        {
            Caption = metrics.All(d => d.IsLowerBetter) ? "Other metrics; lower is better" : "Other metrics",
        };
    }

    static ReportTable Over(MeasuredTask task)
    {
        string[] beside = [.. task.Measured.SelectMany(m => m.Task.All.Beside.Keys).Distinct()];
        return new(["All examples", "Mean", .. beside, "n", "Failed"],
            [.. task.Measured.Select(m => (IReadOnlyList<TableCell>)
            [
                new(m.Name), task.Cell(m.Task.All, task.Measured.Select(o => o.Task.All)),
                .. beside.Select(b => MeasuredTask.Beside(m.Task, b)),
                new(m.Task.All.N.ToString(CultureInfo.InvariantCulture)), new(m.Task.All.Failed.ToString(CultureInfo.InvariantCulture)),
            ])])
        {
            Caption = task.Measured.Any(m => m.Task.All.IntervalUnit == IntervalUnit.Document)
                ? "With 95 % intervals over documents"
                : "With 95 % intervals",
        };
    }

    static ReportTable By(MeasuredTask task, string group)
    {
        CellResult? at(TaskResult result, string value) =>
            result.By.FirstOrDefault(c => c.Groups.Count == 1 && c.Groups.TryGetValue(group, out string? own) && own == value);
        string[] values =
        [
            .. task
                .Measured.SelectMany(m =>
                    m.Task.By.Where(c => c.Groups.Count == 1 && c.Groups.ContainsKey(group)).Select(c => c.Groups[group]))
                .Distinct(),
        ];
        return new(
            [ReportText.Capitalized(group), .. task.Measured.Select(m => m.Name), "n"],
            [
                .. values.Select(v =>
                {
                    CellResult?[] cells = [.. task.Measured.Select(m => at(m.Task, v))];
                    return (IReadOnlyList<TableCell>)
                        [
                            new(v.Length > 0 ? v : "–"),
                            .. cells.Select(c => task.Cell(c, cells)),
                            new((cells.Max(c => c?.N) ?? 0).ToString(CultureInfo.InvariantCulture)),
                        ];
                }),
            ])
        {
            Caption = $"By {group}",
        };
    }
}
