using System.Globalization;
using Farsight.Alignment.Evaluation.Tasks;

namespace Farsight.Alignment.Evaluation.Report;

/// <summary>One model of a comparison.</summary>
/// <param name="Name">Short: "base", "LOGO".</param>
/// <param name="Results">What was measured.</param>
public sealed record ReportVariant(string Name, EvalResults Results);

/// <summary>Turns the results of one or more variants into a report.</summary>
public static class EvalReport
{
    const int SamplesShown = 5;

    /// <summary>Puts a report together.</summary>
    /// <param name="title">The heading.</param>
    /// <param name="lead">A sentence or two under it.</param>
    /// <param name="variants">In the order of comparison, the plain model first; at least one.</param>
    /// <param name="training">Curves of the runs; a series named as a variant has its colour.</param>
    /// <param name="settings">Shown before those that the results carry.</param>
    public static ReportModel Of(
        string title, string lead, IReadOnlyList<ReportVariant> variants,
        IReadOnlyList<LineChart>? training = null, IReadOnlyList<Setting>? settings = null)
    {
        TaskResult[] tasks = [.. variants.SelectMany(v => v.Results.Tasks).Where(t => t.IsShare && t.Lengths.Count > 0).DistinctBy(t => (t.Task, t.Version))];
        return new()
        {
            Title = title,
            Lead = lead,
            Headlines = tasks.Length > 0 ? Headlines(tasks[0], variants) : [],
            HeatMaps = [.. tasks.Select(t => Group(t, variants))],
            Heads = [.. from variant in variants let scores = HeadScores.Of(variant.Results.Examples) where scores is not null select new HeadMap(variant.Name, scores)],
            Perplexity = variants.Any(v => PerplexityOf(v).Count > 0) ? [Perplexity(variants)] : [],
            Training = training ?? [],
            Samples = [.. tasks.SelectMany(t => Samples(t, variants))],
            Settings = [.. settings ?? [], .. Settings(tasks, variants)],
        };
    }

    static Headline[] Headlines(TaskResult task, IReadOnlyList<ReportVariant> variants)
    {
        int longest = task.Lengths.Max(l => l.Length);
        return
        [
            .. from variant in variants
               let cell = TaskOf(variant, task)?.Lengths.FirstOrDefault(l => l.Length == longest)
               where cell is not null
               select new Headline($"{ReportText.Percent(cell.Mean ?? 0)} %", $"{variant.Name} at {ReportText.Tokens(longest)}",
                   $"{task.Title}, {task.Metric}; {cell.N} examples"),
        ];
    }

    static HeatMapGroup Group(TaskResult task, IReadOnlyList<ReportVariant> variants)
    {
        (string Name, TaskResult Task)[] measured = [.. variants.Where(v => TaskOf(v, task) is not null).Select(v => (v.Name, TaskOf(v, task)!))];
        HeatMap[] maps =
        [
            .. measured.Select(m => new HeatMap(m.Name, [.. m.Task.Cells.Where(c => c.Depth is not null).Select(c => new HeatCell(c.Length, c.Depth ?? 0, c.Mean ?? 0, c.N))])),
        ];
        int n = task.Cells.Select(c => c.N).DefaultIfEmpty(task.Lengths.Max(c => c.N)).Max(), failed = measured.Sum(m => m.Task.Lengths.Sum(l => l.Failed));
        string note = $"{Capitalised(task.Metric)}, in percent; {n} {(n == 1 ? "example" : "examples")} a cell, chance {ReportText.Percent(task.Chance ?? 0)}."
            + (failed > 0 ? $" {failed} examples failed and count as wrong." : "");
        return new(task.Title, note, maps, Table(measured));
    }

    static ReportTable Table((string Name, TaskResult Task)[] measured)
    {
        int[] lengths = [.. measured.SelectMany(m => m.Task.Lengths.Select(l => l.Length)).Distinct().Order()];
        return new(["All depths, 95 % interval", .. lengths.Select(l => ReportText.Tokens(l))], [.. measured.Select(Row)]);

        IReadOnlyList<TableCell> Row((string Name, TaskResult Task) variant) => [new(variant.Name), .. lengths.Select(l => Cell(variant.Task, l))];

        TableCell Cell(TaskResult task, int length)
        {
            CellResult? cell = task.Lengths.FirstOrDefault(l => l.Length == length);
            double best = measured.Max(m => m.Task.Lengths.FirstOrDefault(l => l.Length == length)?.Mean ?? 0);
            return cell is null
                ? new("–")
                : new(ReportText.Percent(cell.Mean ?? 0), $"{ReportText.Percent(cell.Low ?? 0)}–{ReportText.Percent(cell.High ?? 0)}", measured.Length > 1 && best > 0 && cell.Mean == best);
        }
    }

    static LineChart Perplexity(IReadOnlyList<ReportVariant> variants)
    {
        int windows = variants.SelectMany(PerplexityOf).First().N;
        string tokens = (windows * SlidingPerplexity.Targets).ToString(CultureInfo.InvariantCulture);
        return new($"Perplexity by context length, the same {tokens} tokens at every length", "context length (tokens)", "perplexity per token",
            [.. variants.Where(v => PerplexityOf(v).Count > 0).Select(v => new ChartSeries(v.Name,
                [.. PerplexityOf(v).Select(p => new ChartPoint(p.Length, p.Mean ?? double.NaN))]))])
        {
            LogX = true,
            LogY = true,
        };
    }

    static IEnumerable<SampleAnswer> Samples(TaskResult task, IReadOnlyList<ReportVariant> variants)
    {
        int longest = task.Lengths.Max(l => l.Length);
        return from record in variants.SelectMany(v => v.Results.Examples)
                   .Where(r => r.Task == task.Task && r.Length == longest)
                   .DistinctBy(r => r.Depth).Take(SamplesShown)
               select new SampleAnswer(
                   $"{task.Title} · {ReportText.Tokens(longest)} tokens · depth {ReportText.Percent(record.Depth ?? 0)} %", record.Question, record.References is [var right, ..] ? right : "",
                   [.. from variant in variants
                       from answered in variant.Results.Examples
                       where answered.Task == record.Task && answered.Id == record.Id && answered.PromptSha256 == record.PromptSha256
                       select new VariantAnswer(variant.Name, answered.Failed ?? answered.Completion, answered.Score)]);
    }

    static IEnumerable<Setting> Settings(TaskResult[] tasks, IReadOnlyList<ReportVariant> variants) =>
    [
        .. variants.Select(v => new Setting(v.Name, v.Results.Model)),
        new("tasks", string.Join(", ", tasks.Select(t => $"{t.Task} v{t.Version}"))),
        new("haystack", string.Join(", ", variants.Select(v => v.Results.Haystack).Distinct())),
        new("seed", string.Join(", ", variants.Select(v => v.Results.Seed.ToString(CultureInfo.InvariantCulture)).Distinct())),
    ];

    static IReadOnlyList<CellResult> PerplexityOf(ReportVariant variant) =>
        variant.Results.Tasks.FirstOrDefault(t => t.Task == SlidingPerplexity.Name)?.Lengths ?? [];

    static TaskResult? TaskOf(ReportVariant variant, TaskResult task) =>
        variant.Results.Tasks.FirstOrDefault(t => t.Task == task.Task && t.Version == task.Version);

    static string Capitalised(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
