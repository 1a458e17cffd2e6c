using System.Globalization;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Report;

/// <summary>Creates the tables over all tasks: one per benchmark, its tasks by length, and the differences.</summary>
static class OverviewTables
{
    /// <summary>Yields a table of tasks per benchmark, and its tasks by length if it ran at several lengths.</summary>
    internal static IEnumerable<ReportTable> Of(IReadOnlyList<MeasuredTask> tasks, IReadOnlyList<ReportVariant> variants)
    {
        foreach (IGrouping<string, MeasuredTask> benchmark in tasks.GroupBy(t => t.First.Benchmark).OrderBy(b => b.Key.Length > 0))
        {
            MeasuredTask[] own = [.. benchmark];
            yield return Table(benchmark.Key, own, variants);
            MeasuredTask[] byLength = [.. own.Where(t => t.First.IsShare && t.Lengths.Length > 1)];
            foreach (ReportVariant variant in byLength.Length > 1 ? variants : [])
            {
                yield return ByLength(
                    $"{(benchmark.Key.Length > 0 ? benchmark.Key : "Tasks")} by length, {variant.Name}",
                    byLength,
                    variant.Name,
                    hasMean: benchmark.Key.Length > 0);
            }
        }
        if (variants.Any(v => v.Results.Means.Count > 0))
        {
            yield return Means(variants);
        }
        if (tasks.Where(t => t.First.IsShare).Select(t => TaskDemand.Of(t.First.Task)).OfType<TaskDemand>().Distinct().Count() > 1)
        {
            yield return Demands(tasks, variants);
        }
    }

    /// <summary>Returns the means by dispersion (rows) and scope (columns) of the tasks that are shares.</summary>
    static ReportTable Demands(IReadOnlyList<MeasuredTask> tasks, IReadOnlyList<ReportVariant> variants)
    {
        DemandLevel[] levels = [DemandLevel.Low, DemandLevel.High];
        return new(
            ["Dispersion", .. variants.SelectMany(v => levels.Select(s => $"{v.Name}, {s.ToString().ToLowerInvariant()} scope"))],
            [
                .. levels.Select(dispersion => (IReadOnlyList<TableCell>)
                [
                    new(dispersion.ToString().ToLowerInvariant()),
                    .. variants.SelectMany(v => levels.Select(scope => Quadrant(new(dispersion, scope), v))),
                ]),
            ])
        {
            Caption = "Means by dispersion and scope",
        };

        TableCell Quadrant(TaskDemand demand, ReportVariant variant) =>
            tasks.Where(t => t.First.IsShare && TaskDemand.Of(t.First.Task) == demand)
                .Select(t => t.Of(variant.Name)?.All.Mean).OfType<double>().ToArray() is { Length: > 0 } means
                ? new(ReportText.PercentOne(means.Average()), means.Length == 1 ? "1 task" : $"{means.Length} tasks")
                : new("–");
    }

    /// <summary>Returns the benchmarks' own means over several tasks.</summary>
    static ReportTable Means(IReadOnlyList<ReportVariant> variants) => new(
        ["Mean of", .. variants.Select(v => v.Name)],
        [
            .. variants.SelectMany(v => v.Results.Means.Select(m => m.Name)).Distinct().Select(name => (IReadOnlyList<TableCell>)
            [
                new(name),
                .. variants.Select(v => v.Results.Means.FirstOrDefault(m => m.Name == name) is { } mean
                    ? new TableCell(ReportText.PercentOne(mean.Mean), $"{mean.Tasks.Count} tasks")
                    : new TableCell("–")),
            ]),
        ])
    {
        Caption = "Means over several tasks",
    };

    /// <summary>Returns the differences from the first variant.</summary>
    internal static ReportTable Of(string first, string variant, IReadOnlyList<TaskDifference> differences) =>
        new(
            ["Task", first, variant, "Change", "Verdict", "n"],
            [
                .. differences.Select(d =>
                    (IReadOnlyList<TableCell>)
                        [
                            new(d.Task),
                            new(ReportText.Score(d.IsShare, d.Before)),
                            new(ReportText.Score(d.IsShare, d.After)),
                            new(
                                ReportText.WithSign(d.IsShare, d.Difference),
                                $"{ReportText.WithSign(d.IsShare, d.Low)} to {ReportText.WithSign(d.IsShare, d.High)}"),
                            new(
                                d.Verdict switch
                                {
                                    ComparisonVerdict.Better => "better",
                                    ComparisonVerdict.Worse => "worse",
                                    _ => "unclear",
                                },
                                "",
                                d.Verdict == ComparisonVerdict.Better),
                            new(Whole(d.N), d.OtherPrompts > 0 ? $"{d.OtherPrompts} other prompts" : ""),
                        ]),
            ])
        {
            Caption = $"{variant} against {first}",
        };

    static ReportTable Table(string benchmark, MeasuredTask[] tasks, IReadOnlyList<ReportVariant> variants)
    {
        List<IReadOnlyList<TableCell>> rows = [.. tasks.Select(t => Row(t, variants))];
        if (benchmark.Length > 0 && tasks.Length > 1 && tasks.All(t => t.First.IsShare))
        {
            rows.Add([
                new("mean of these tasks"),
                .. variants.Select(v => Mean([.. tasks.Select(t => t.Of(v.Name)?.All)])),
                new(""),
                new(""),
                new(""),
                new(""),
            ]);
        }
        return new(["Task", .. variants.Select(v => v.Name), "Chance", "n", "Failed", "Prompts cut"], rows) { Caption = benchmark };
    }

    /// <summary>Returns the mean if every task was run; means of different tasks are not comparable.</summary>
    static TableCell Mean(CellResult?[] cells) => EvalHeadlines.MeanOf(cells) is var (mean, range)
        ? new(ReportText.PercentOne(mean), $"{ReportText.Percent(range.Low)}–{ReportText.Percent(range.High)}")
        : new("–");

    static IReadOnlyList<TableCell> Row(MeasuredTask task, IReadOnlyList<ReportVariant> variants)
    {
        CellResult?[] all = [.. variants.Select(v => task.Of(v.Name)?.All)];
        return
        [
            new(task.First.Task, $"{task.First.Metric}{(task.First.IsLowerBetter ? ", lower is better" : "")}"),
            .. all.Select(c => task.Cell(c, all)),
            new(task.Number(task.First.Chance)),
            new(Same(task, t => Whole(t.All.N))), new(Same(task, t => Whole(t.All.Failed))),
            new(Same(task, t => $"{ReportText.Percent(t.CutShare)} %")),
        ];
    }

    /// <summary>Returns one value if the variants agree, else all of them.</summary>
    static string Same(MeasuredTask task, Func<TaskResult, string> value) =>
        string.Join(" / ", task.Measured.Select(m => value(m.Task)) is var all && all.Distinct().Count() == 1 ? all.Take(1) : all);

    static ReportTable ByLength(string caption, MeasuredTask[] tasks, string variant, bool hasMean)
    {
        int[] lengths = [.. tasks.SelectMany(t => t.Lengths).Distinct().Order()];
        return new(["Task", .. lengths.Select(l => ReportText.Tokens(l))],
            [
                .. tasks.Select(t => (IReadOnlyList<TableCell>)[new(t.First.Task), .. lengths.Select(l => Heat(t, At(t, l)))]),
                .. hasMean
                    ? [(IReadOnlyList<TableCell>)[new("mean"), .. lengths.Select(l => Mean([.. tasks.Select(t => At(t, l))]))]]
                    : Array.Empty<IReadOnlyList<TableCell>>(),
            ])
        {
            Caption = caption,
        };

        CellResult? At(MeasuredTask task, int length) => task.Of(variant)?.Lengths.FirstOrDefault(c => c.Length == length);
    }

    static TableCell Heat(MeasuredTask task, CellResult? cell) =>
        cell?.Mean is { } mean ? new(ReportText.PercentOne(mean), task.Interval(cell)) { Heat = mean } : new("–");

    static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);
}
