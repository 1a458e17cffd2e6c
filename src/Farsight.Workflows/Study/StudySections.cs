using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;

namespace Farsight.Workflows.Study;

/// <summary>Builds the maps and charts of one task in a study's report, over all seeds of a variant.</summary>
sealed class StudySections(StudyPlan plan, IReadOnlyList<StudyColumn> columns, StudyVerdict verdict, StudyResults measured)
{
    internal IEnumerable<TaskSection> All() =>
        from task in columns.GroupBy(c => (c.Measure, c.Task, c.MetricName))
        let own = task.ToArray()
        select Section(own);

    TaskSection Section(StudyColumn[] own)
    {
        EvalTaskCard card = own[0].Card;
        string title = card.Title
            + (own[0].MetricName is { } metric ? $": {metric}" : "")
            + (own[0].Measure.MaskHeads is { } heads ? $", without heads {heads}" : "");
        return new(
            title, Note(own[0]),
            [.. plan.Variants.Select(v => new HeatMap(v.Name, Cells(v, own[0]))).Where(m => m.Cells.Count > 0)],
            [
                .. own.Length > 1 && own[0].Length is not null ? [ByLength(title, own)] : Array.Empty<LineChart>(),
                .. own.Select(ByStep).OfType<LineChart>(),
            ],
            []);
    }

    static string Note(StudyColumn column)
    {
        EvalTaskCard card = column.Card;
        ReportedMetric metric = column.Metric;
        return $"{card.Name} v{card.Version.ToString(CultureInfo.InvariantCulture)}: {metric.Name ?? card.Metric}"
            + $"{(metric.IsShare ? ", in percent" : "")}{(metric.IsLowerBetter ? "; lower is better" : "")}."
            + (Chance(column) is { } chance ? $" Chance is {ReportText.Score(metric.IsShare, chance)}." : "");
    }

    static double? Chance(StudyColumn column) => column.MetricName is null ? column.Card.Chance : null;

    /// <summary>Length by depth, over all seeds.</summary>
    IReadOnlyList<HeatCell> Cells(PlannedVariant variant, StudyColumn column) =>
        [
            .. from records in measured
                .Of(variant, column.Measure, StudyResults.LastStep(variant, column.Measure))
                .SelectMany(m => m.Results.Examples)
                .Where(r => r.Task == column.Task && r.Length is not null && r.Depth is not null && column.Metric.IsShare)
                .GroupBy(r => (Length: r.Length!.Value, Depth: r.Depth!.Value))
            orderby records.Key.Length, records.Key.Depth
            select new HeatCell(records.Key.Length, records.Key.Depth, records.Average(r => column.Metric.Of(r.Scored)), records.Count()),
        ];

    LineChart ByLength(string title, StudyColumn[] own) =>
        Chart(
            own[0],
            $"{title} by context length",
            "context length (tokens)",
            [
                .. plan.Variants.Select(v => new ChartSeries(
                    v.Name,
                    [
                        .. own.Where(c => c.Length is not null).SelectMany(c =>
                                verdict.Cells.Where(x => StudyTables.IsOf(x, v, c) && x.Step == StudyResults.LastStep(v, c.Measure)))
                            .Select(x => Point(own[0], x.Length!.Value, x)),
                    ])),
            ]
        ) with
        {
            LogX = true,
        };

    /// <summary>Returns a task along training; null where one step was measured. A model before training stands at step 0.</summary>
    LineChart? ByStep(StudyColumn column)
    {
        if (column.Measure.Steps is not { Count: > 1 })
        {
            return null;
        }
        return Chart(
            column,
            $"{StudyTables.Heading(column)} along training",
            "optimizer step",
            [
                .. plan.Variants.Select(v => new ChartSeries(
                    v.Name,
                    [
                        .. verdict
                            .Cells.Where(x => StudyTables.IsOf(x, v, column))
                            .OrderBy(x => x.Step ?? 0)
                            .Select(x => Point(column, x.Step ?? 0, x)),
                    ])),
            ]);
    }

    static LineChart Chart(StudyColumn column, string title, string x, ChartSeries[] series)
    {
        ReportedMetric metric = column.Metric;
        return new(
            title, x, metric.IsShare ? "percent" : metric.Name ?? column.Card.Metric, [.. series.Where(s => s.Points.Count > 0)])
        {
            LogY = !metric.IsShare && metric.IsLowerBetter,
            MustShow = metric.IsShare ? [0, 100] : [],
            Chance = metric.IsShare && Chance(column) is > 0 and var chance ? 100 * chance : null,
        };
    }

    static ChartPoint Point(StudyColumn column, double x, StudyCell cell)
    {
        double scale = column.Metric.IsShare ? 100 : 1;
        return new(x, cell.Mean * scale, cell.Low * scale, cell.High * scale);
    }
}
