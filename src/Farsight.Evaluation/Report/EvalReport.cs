using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Report;

/// <summary>Represents one model of a comparison.</summary>
/// <param name="Name">Short: "base", "LOGO".</param>
/// <param name="Results">The results.</param>
public sealed record ReportVariant(string Name, EvalResults Results);

/// <summary>Converts the results of one or more variants to a report.</summary>
public static class EvalReport
{
    const int SamplesShown = 5;

    /// <summary>Creates a report.</summary>
    /// <param name="title">The heading.</param>
    /// <param name="lead">One or two sentences under the heading; empty for the models with the time and memory of the evaluations.</param>
    /// <param name="variants">In the order of comparison, the plain model first; at least one.</param>
    /// <param name="training">Curves of the runs; a series named as a variant has its color.</param>
    /// <param name="settings">Shown before those that the results carry.</param>
    public static ReportModel Of(
        string title, string lead, IReadOnlyList<ReportVariant> variants,
        IReadOnlyList<LineChart>? training = null, IReadOnlyList<Setting>? settings = null)
    {
        MeasuredTask[] tasks = [.. MeasuredTask.Of(variants)];
        MeasuredTask[] needles = [.. tasks.Where(t => t.First.IsShare && t.Lengths.Length > 0)];
        return new()
        {
            Title = title,
            Lead = lead.Length > 0 ? lead : $"{Models(variants)} {CostText.Of(variants)}".TrimEnd(),
            Headlines = EvalHeadlines.Of(tasks, variants),
            Overview = [.. OverviewTables.Of(tasks, variants)],
            Differences = [.. Differences(variants).Select(d => d.Table).OfType<ReportTable>()],
            Tasks = [.. tasks.Select(TaskSections.Of)],
            Heads =
            [
                .. from variant in variants
                let scores = HeadScores.Of(variant.Results.Examples)
                where scores is not null
                select new HeadMap(variant.Name, scores),
            ],
            Training = training ?? [],
            Samples = [.. needles.Where(t => t.HasDepths).Take(1).SelectMany(t => Samples(t, variants))],
            Worst = [.. tasks.Select(t => WorstSamples.Of(t, variants)).Where(w => w.Samples.Count > 0)],
            Failures = [.. variants.SelectMany(Failures)],
            NotRun = [.. variants.SelectMany(Skipped), .. Differences(variants).Select(d => d.Missing).OfType<Setting>()],
            Settings = settings ?? [],
            Provenance = [.. variants.Select(ReportProvenance.Of)],
        };
    }

    /// <summary>Compares every variant with the first, by <see cref="EvalComparison"/>.</summary>
    internal static IEnumerable<TaskDifference> Compared(IReadOnlyList<ReportVariant> variants) =>
        variants.Skip(1).SelectMany(v => Between(variants[0], v).Found);

    static IEnumerable<(ReportTable? Table, Setting? Missing)> Differences(IReadOnlyList<ReportVariant> variants) =>
        from variant in variants.Skip(1)
        let between = Between(variants[0], variant)
        select between.Missing is { } reason
            ? ((ReportTable?)null, new Setting($"{variant.Name} against {variants[0].Name}", reason))
            : (OverviewTables.Of(variants[0].Name, variant.Name, between.Found), null);

    /// <summary>Compares two variants. Runs without a common example still make a report, each with its own numbers.</summary>
    static (IReadOnlyList<TaskDifference> Found, string? Missing) Between(ReportVariant first, ReportVariant variant)
    {
        try
        {
            return (EvalComparison.Of([(first.Name, first.Results), (variant.Name, variant.Results)]), null);
        }
        catch (InputException e)
        {
            return ([], e.Message);
        }
    }

    /// <summary>Names the model of each variant.</summary>
    static string Models(IReadOnlyList<ReportVariant> variants) => variants is [var only]
        ? $"Model: {only.Results.Model}."
        : $"Models: {string.Join("; ", variants.Select(v => $"{v.Name} is {v.Results.Model}"))}.";

    static IEnumerable<SampleAnswer> Samples(MeasuredTask task, IReadOnlyList<ReportVariant> variants) =>
        from record in task.Records(variants).Where(r => r.Length == task.Lengths[^1]).DistinctBy(r => r.Depth).Take(SamplesShown)
        select new SampleAnswer(
            $"{task.First.Title} · {ReportText.Tokens(task.Lengths[^1])} tokens · depth {ReportText.Percent(record.Depth ?? 0)} %",
            record.Question, record.References is [var right, ..] ? right : "",
            [.. from variant in variants
                from answered in variant.Results.Examples
                where answered.Task == record.Task && answered.Id == record.Id && answered.PromptSha256 == record.PromptSha256
                select new VariantAnswer(variant.Name, answered.Failed ?? answered.Completion, answered.Score)]);

    /// <summary>Returns the number of failed examples per task, with the reason of the first.</summary>
    static IEnumerable<Setting> Failures(ReportVariant variant) =>
        from failed in variant.Results.Examples.Where(r => r.Failed is not null).GroupBy(r => r.Task)
        let reasons = failed.DistinctBy(r => r.Failed).Count()
        select new Setting($"{variant.Name}: {failed.Key}", string.Create(CultureInfo.InvariantCulture,
            $"{ReportText.Examples(failed.Count())}{(reasons > 1 ? $", {reasons} reasons; the first" : "")}: {failed.First().Failed}"));

    static IEnumerable<Setting> Skipped(ReportVariant variant) =>
        variant.Results.Skipped.Select(s => new Setting(
            s.Length is { } length
                ? string.Create(CultureInfo.InvariantCulture, $"{variant.Name}: {s.Task} at {length}")
                : $"{variant.Name}: {s.Task}",
            s.Reason));
}

/// <summary>Describes the time and memory of evaluations.</summary>
static class CostText
{
    /// <summary>Returns a sentence about all variants whose cost is known; empty if there are none.</summary>
    internal static string Of(IReadOnlyList<ReportVariant> variants)
    {
        string[] costs =
        [
            .. from variant in variants
               where variant.Results.Cost is not null
               let memory = Memory(variant.Results.Cost)
               select $"{(variants.Count > 1 ? $"{variant.Name}: " : "")}{Time(variant.Results.Cost)}"
                   + (memory.Length > 0 ? $", {memory} peak memory of the process" : ""),
        ];
        return costs.Length == 0 ? "" : $"{string.Join("; ", costs)}.";
    }

    /// <summary>Returns "3 min 20 s for 400 examples"; empty for no cost.</summary>
    internal static string Time(EvalCost? cost) =>
        cost is null ? "" : $"{ReportText.Duration(cost.Seconds)} for {ReportText.Examples(cost.Examples)}";

    /// <summary>Returns "1.4 GiB"; empty if it is not known.</summary>
    internal static string Memory(EvalCost? cost) => cost is { PeakMemory: > 0 } ? ReportText.Bytes(cost.PeakMemory) : "";
}

/// <summary>Describes where the numbers of a variant come from, for its block at the end of a report.</summary>
static class ReportProvenance
{
    internal static Provenance Of(ReportVariant variant)
    {
        EvalResults results = variant.Results;
        string judges = string.Join(", ", results.Examples.Select(r => r.Judge).OfType<string>().Distinct());
        Setting[] facts =
        [
            new("model", results.Model),
            new("templates", Sum(results.Tasks.Select(t => t.Templates))),
            new("stop reasons", Sum(results.Tasks.Select(t => t.StopReasons))),
            new(
                "prompts cut",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{results.Examples.Count(r => r.Cut is not null)} of {results.Examples.Count}")),
            new("haystack", results.Tasks.Any(t => t.Lengths.Count > 0) ? results.Haystack : ""),
            new("judge", judges),
            new("decoding", results.Decoding?.Describe() ?? ""),
            new("seed", results.Seed.ToString(CultureInfo.InvariantCulture)),
            new("tasks", string.Join(", ", results.Tasks.Select(t => $"{t.Task} v{t.Version}"))),
            new("time", CostText.Time(results.Cost)),
            new("peak memory of the process", CostText.Memory(results.Cost)),
            new("Farsight", results.FarsightVersion),
            new("command", results.Command),
        ];
        return new(variant.Name, [.. facts.Where(f => f.Value.Length > 0)]);
    }

    static string Sum(IEnumerable<IReadOnlyDictionary<string, int>> counts) =>
        string.Join(
            "; ",
            counts
                .SelectMany(c => c)
                .GroupBy(c => c.Key)
                .OrderBy(c => c.Key, StringComparer.Ordinal)
                .Select(c => $"{(c.Key.Length > 0 ? c.Key : "none")} × {c.Sum(x => x.Value).ToString(CultureInfo.InvariantCulture)}"));
}
