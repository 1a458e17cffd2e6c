using Farsight.Evaluation.Core;

namespace Farsight.Workflows.Study;

/// <summary>Provides the finished evaluations of a study.</summary>
sealed class StudyResults(StudyPlan plan, StudyPaths paths)
{
    readonly Dictionary<string, EvalResults> _read = [];

    /// <summary>Returns an evaluation; null if it is not finished.</summary>
    internal EvalResults? Of(StudyJob job, StudyMeasure measure, int? step)
    {
        string directory = paths.EvaluationOf(job, measure, step);
        return _read.TryGetValue(directory, out EvalResults? known) ? known
            : File.Exists(Path.Combine(directory, EvalFiles.ResultsName)) ? _read[directory] = EvalFiles.ReadResults(directory)
            : null;
    }

    /// <summary>Returns the evaluations of a variant after a step, one per finished seed.</summary>
    internal IReadOnlyList<(StudyJob Job, EvalResults Results)> Of(PlannedVariant variant, StudyMeasure measure, int? step) =>
    [
        .. from job in plan.Jobs
           where job.Variant == variant
           let results = Of(job, measure, step)
           where results is not null
           select (job, results),
    ];

    /// <summary>Returns the last measured step of a trained variant, which the tables show.</summary>
    internal static int? LastStep(PlannedVariant variant, StudyMeasure measure) =>
        variant.IsTrained ? measure.StepsOf(variant.Recipe.Steps).Max() : null;

    /// <summary>Returns the tasks and lengths of the measurements, in the order of measurement.</summary>
    internal IReadOnlyList<StudyColumn> Columns() =>
        [
            .. from measure in plan.Recipe.Measure
            from column in plan
                .Variants.SelectMany(v => Of(v, measure, LastStep(v, measure)))
                .SelectMany(m => ColumnsOf(measure, m.Results))
                .Distinct()
                .GroupBy(c => c.Task)
                .SelectMany(g => g.OrderBy(c => MetricOrder(measure, c)).ThenBy(c => c.Length ?? int.MaxValue))
            select column,
        ];

    /// <summary>Returns the place of a column's metric: the score first, then as the recipe lists them.</summary>
    static int MetricOrder(StudyMeasure measure, StudyColumn column) =>
        column.MetricName is null ? -1 : measure.Metrics!.ToList().IndexOf(column.MetricName);

    static IEnumerable<StudyColumn> ColumnsOf(StudyMeasure measure, EvalResults results) =>
        from task in results.Tasks
        from length in task.Lengths.Count > 0 ? task.Lengths.Select(l => (int?)l.Length).Concat(Pooled(measure, task)) : [null]
        from metric in (measure.Metrics ?? []).Where(task.All.Beside.ContainsKey).Prepend<string?>(null)
        select new StudyColumn(measure, task.Task, length, metric);

    /// <summary>Returns the length of a column over all lengths, null, if there is such a column.</summary>
    static IEnumerable<int?> Pooled(StudyMeasure measure, TaskResult task) =>
        measure.Pooled == true && task.Lengths.Count > 1 ? [null] : [];
}

/// <summary>Represents a metric of a task at a length, a column of a study's table.</summary>
/// <param name="Measure">Measurement of the recipe.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Length">Context tokens; null for a task that is not made for a length.</param>
/// <param name="MetricName">Name of a metric beside the score; null for the score.</param>
sealed record StudyColumn(StudyMeasure Measure, string Task, int? Length, string? MetricName)
{
    internal EvalTaskCard Card => EvalTaskCatalog.Get(Task).Card;

    internal ReportedMetric Metric => ReportedMetric.Of(EvalTaskCatalog.Get(Task), MetricName);

    /// <summary>Returns the column's examples of an evaluation.</summary>
    internal EvalRecord[] Records(EvalResults results) =>
        [.. results.Examples.Where(r => r.Task == Task && (Length is null || r.Length == Length))];
}
