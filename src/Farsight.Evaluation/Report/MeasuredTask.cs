using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Report;

/// <summary>Represents one version of a task, with the results of the variants that ran it.</summary>
/// <param name="Measured">In the order of comparison; at least one.</param>
sealed record MeasuredTask(IReadOnlyList<(string Name, TaskResult Task)> Measured)
{
    /// <summary>Gets the first result, which describes the task.</summary>
    internal TaskResult First => Measured[0].Task;

    /// <summary>Gets the context lengths of any variant, ascending.</summary>
    internal int[] Lengths { get; } = [.. Measured.SelectMany(m => m.Task.Lengths.Select(l => l.Length)).Distinct().Order()];

    /// <summary>Gets whether some of the cells have a length and a depth, so that a heat map can be drawn.</summary>
    internal bool HasDepths => Measured.Any(m => m.Task.Cells.Any(c => c.Depth is not null && c.Length > 0));

    /// <summary>Yields all tasks in the order of their first occurrence.</summary>
    internal static IEnumerable<MeasuredTask> Of(IReadOnlyList<ReportVariant> variants) =>
        from all in variants.SelectMany(v => v.Results.Tasks.Select(t => (v.Name, Task: t))).GroupBy(m => (m.Task.Task, m.Task.Version))
        select new MeasuredTask([.. all]);

    /// <summary>Returns the result of a variant; null if it did not run the task.</summary>
    internal TaskResult? Of(string variant) => Measured.FirstOrDefault(m => m.Name == variant).Task;

    /// <summary>Yields the records of all variants, one variant after the other.</summary>
    internal IEnumerable<EvalRecord> Records(IReadOnlyList<ReportVariant> variants) => variants.SelectMany(RecordsOf);

    /// <summary>Yields the records of one variant.</summary>
    internal IEnumerable<EvalRecord> RecordsOf(ReportVariant variant) =>
        variant.Results.Examples.Where(r => r.Task == First.Task && r.Version == First.Version);

    /// <summary>Formats a mean: percent of a share with one digit, else two digits.</summary>
    internal string Number(double? value) => value is { } v ? ReportText.Score(First.IsShare, v) : "–";

    /// <summary>Creates the table cell of a metric beside the score, with its interval where the results have one.</summary>
    internal static TableCell Beside(TaskResult task, string metric)
    {
        bool isShare = task.IsShareOf(metric);
        return !task.All.Beside.TryGetValue(metric, out double value) ? new("–")
            : task.All.BesideIntervals?.TryGetValue(metric, out Interval interval) == true
                ? new(ReportText.Score(isShare, value), Range(isShare, interval.Low, interval.High))
            : new(ReportText.Score(isShare, value));
    }

    /// <summary>Formats its interval, without the mean's decimal digit.</summary>
    internal string Interval(CellResult cell) =>
        cell is { Low: { } low, High: { } high } ? Range(First.IsShare, low, high) : "";

    /// <summary>Creates a table cell, highlighted when its interval lies wholly on the better side of all others.</summary>
    /// <param name="cell">The cell; null for none.</param>
    /// <param name="rivals">All that it is compared with, itself among them.</param>
    internal TableCell Cell(CellResult? cell, IEnumerable<CellResult?> rivals)
    {
        if (cell?.Mean is not { } mean)
        {
            return new("–");
        }
        CellResult[] others = [.. rivals.OfType<CellResult>().Where(r => r != cell && r.Mean is not null)];
        return new(
            Number(mean),
            Interval(cell),
            others.Length > 0 && others.All(o => First.IsLowerBetter ? cell.High < o.Low : cell.Low > o.High));
    }

    static string Range(bool isShare, double low, double high) => isShare
        ? $"{ReportText.Percent(low)}–{ReportText.Percent(high)}"
        : $"{ReportText.Fixed(low, 2)}–{ReportText.Fixed(high, 2)}";
}
