using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Report;

/// <summary>Chooses the scores that a report shows in large type, each with its 95 % interval and number of examples.</summary>
static class EvalHeadlines
{
    const int Most = 6;

    // Above these, a mean over the tasks says more than one of them.
    const int MostTasks = 2;

    /// <summary>Returns all scores if they are few; else those at the longest context, or the means over the tasks.</summary>
    internal static IReadOnlyList<Headline> Of(IReadOnlyList<MeasuredTask> tasks, IReadOnlyList<ReportVariant> variants)
    {
        Headline[] scores = [.. tasks.SelectMany(t => t.Measured.Select(m => Score(t, m.Name, m.Task.All, variants.Count > 1)))];
        Headline[] longest = tasks.FirstOrDefault(t => t.First.IsShare && t.Lengths.Length > 1) is { } task ? [.. AtLongest(task)] : [];
        return scores.Length + longest.Length <= Most ? [.. scores, .. longest]
            : scores.Length <= Most ? scores
            : tasks.Count <= MostTasks && longest.Length > 0 ? longest
            : [.. variants.Select(v => Mean(v.Name, tasks)).OfType<Headline>()];
    }

    /// <summary>Computes a mean over tasks with the interval of independent means; null unless every task has both.</summary>
    /// <remarks>
    /// mean ± √(Σ half²)/k with the half widths of each side: the method of variance estimates recovery of G. Y. Zou and A. Donner,
    /// Statistics in Medicine 27 (2008).
    /// </remarks>
    internal static (double Mean, Interval Range)? MeanOf(IReadOnlyList<CellResult?> cells)
    {
        (double Mean, double Low, double High)[] known =
        [
            .. from cell in cells
               where cell is { Mean: not null, Low: not null, High: not null }
               select (cell!.Mean!.Value, cell.Low!.Value, cell.High!.Value),
        ];
        if (known.Length == 0 || known.Length < cells.Count)
        {
            return null;
        }
        double mean = known.Average(k => k.Mean);
        double below = Math.Sqrt(known.Sum(k => (k.Mean - k.Low) * (k.Mean - k.Low))) / known.Length;
        double above = Math.Sqrt(known.Sum(k => (k.High - k.Mean) * (k.High - k.Mean))) / known.Length;
        return (mean, new(mean - below, mean + above));
    }

    static Headline Score(MeasuredTask task, string variant, CellResult cell, bool hasSeveral) => new(
        Value(task, cell),
        hasSeveral ? $"{task.First.Title}, {variant}" : task.First.Title,
        Note(task, cell, task.Lengths.Length > 1 ? " of all lengths" : ""));

    static IEnumerable<Headline> AtLongest(MeasuredTask task) =>
        from measured in task.Measured
        let cell = measured.Task.Lengths.FirstOrDefault(l => l.Length == task.Lengths[^1])
        where cell is not null
        select new Headline(Value(task, cell), $"{measured.Name} at {ReportText.Tokens(cell.Length)}", Note(task, cell, ""));

    static Headline? Mean(string variant, IReadOnlyList<MeasuredTask> tasks)
    {
        CellResult?[] cells = [.. tasks.Where(t => t.First.IsShare).Select(t => t.Of(variant)?.All)];
        return MeanOf(cells) is var (mean, range)
            ? new(
                $"{ReportText.PercentOne(mean)} %",
                $"{variant}, mean of {cells.Length} tasks",
                $"95 % interval {ReportText.PercentOne(range.Low)} to {ReportText.PercentOne(range.High)}; "
                    + ReportText.Examples(cells.Sum(c => c!.N)))
            : null;
    }

    static string Value(MeasuredTask task, CellResult cell) => $"{task.Number(cell.Mean)}{(task.First.IsShare ? " %" : "")}";

    static string Note(MeasuredTask task, CellResult cell, string which)
    {
        string interval = cell is { Low: { } low, High: { } high } ? $"95 % interval {task.Number(low)} to {task.Number(high)}; " : "";
        string chance = task.First.Chance is > 0 and var guess ? $"; chance {task.Number(guess)}" : "";
        string better = task.First.IsLowerBetter ? ", lower is better" : "";
        return $"{task.First.Task}, {task.First.Metric}{better}; {interval}{ReportText.Examples(cell.N)}{which}{chance}";
    }
}
