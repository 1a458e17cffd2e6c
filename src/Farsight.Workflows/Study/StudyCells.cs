using System.Globalization;
using System.Text.Json.Serialization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Workflows.Study;

/// <summary>Represents the result of a variant on a task at a length, over its seeds.</summary>
/// <param name="Variant">Its name.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Length">Context tokens; null for a task that is not made for a length.</param>
/// <param name="Measure">The folder's name of the measurement: its tasks, and a hash of its settings.</param>
/// <param name="MaskedHeads">Heads that were switched off; null for none.</param>
/// <param name="Step">After which step of the training; null for a model before training.</param>
/// <param name="Seeds">How many trainings were measured; 1 for a model before training.</param>
/// <param name="Examples">How many each was asked.</param>
/// <param name="Failed">Examples that failed, over all seeds.</param>
/// <param name="BySeed">The number of each seed, in the order of the recipe.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Low">Lower end of its 95 % interval.</param>
/// <param name="High">Upper end.</param>
public sealed record StudyCell(
    string Variant, string Task, int? Length, string Measure, string? MaskedHeads, int? Step, int Seeds, int Examples, int Failed,
    IReadOnlyList<double> BySeed, double Mean, double Low, double High)
{
    /// <summary>Name of a metric beside the task's score; null for the score.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Metric { get; init; }

    /// <summary>The unit that the interval treats as independent, apart from the seeds.</summary>
    public IntervalUnit IntervalUnit { get; init; }
}

/// <summary>Represents the difference of a variant from the baseline on a task at a length.</summary>
/// <param name="Variant">Its name.</param>
/// <param name="Baseline">The baseline's.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Length">Context tokens; null for a task that is not made for a length.</param>
/// <param name="Measure">The folder's name of the measurement: its tasks, and a hash of its settings.</param>
/// <param name="MaskedHeads">Heads that were switched off; null for none.</param>
/// <param name="Seeds">Seeds that both have; all of one where the other is not trained.</param>
/// <param name="Examples">Examples that both have.</param>
/// <param name="Difference">Variant − baseline.</param>
/// <param name="Low">Lower end of its 95 % interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Verdict">"better", "worse" or "unclear".</param>
public sealed record StudyDifference(
    string Variant, string Baseline, string Task, int? Length, string Measure, string? MaskedHeads, int Seeds, int Examples,
    double Difference, double Low, double High, string Verdict)
{
    /// <summary>Name of a metric beside the task's score; null for the score.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Metric { get; init; }

    /// <summary>The unit that the interval treats as independent, apart from the seeds.</summary>
    public IntervalUnit IntervalUnit { get; init; }
}

/// <summary>Computes results over seeds and examples from the records of evaluations.</summary>
static class StudyCells
{
    /// <summary>Computes a cell; null if nothing was measured.</summary>
    internal static StudyCell? Of(PlannedVariant variant, StudyColumn column, int? step, StudyResults measured)
    {
        EvalRecord[][] seeds =
        [
            .. measured.Of(variant, column.Measure, step).Select(m => column.Records(m.Results)).Where(r => r.Length > 0),
        ];
        (ScoredExample[][] common, ResamplingUnits units) = Common(column, seeds);
        if (units.Examples == 0)
        {
            return null;
        }
        ReportedMetric metric = column.Metric;
        double[] bySeed = [.. common.Select(s => metric.Of(s))];
        Interval interval = common.Length == 1 ? Single(column, common[0]) : Several(column, common, units);
        return new(
            variant.Name, column.Task, column.Length, column.Measure.Slug, column.Measure.MaskHeads, step, common.Length, common[0].Length,
            seeds.Sum(s => s.Count(r => r.Failed is not null)), bySeed, bySeed.Average(), interval.Low, interval.High)
        {
            Metric = column.Metric.Name,
            IntervalUnit = units.Kind,
        };
    }

    /// <summary>Compares a variant with the baseline by example and seed; null if they have nothing in common.</summary>
    internal static StudyDifference? Between(PlannedVariant variant, PlannedVariant baseline, StudyColumn column, StudyResults measured)
    {
        (EvalRecord[] Now, EvalRecord[] Then)[] pairs = [.. Pairs(variant, baseline, column, measured)];
        (ScoredExample[][] common, ResamplingUnits units) = Common(column, [.. pairs.SelectMany(p => new[] { p.Now, p.Then })]);
        if (units.Examples == 0)
        {
            return null;
        }
        ReportedMetric metric = column.Metric;
        SeedsAndExamples estimate = SeedsAndExamples.Of(
            pairs.Length,
            units,
            (s, drawn) => metric.Of(common[2 * s], drawn) - metric.Of(common[2 * s + 1], drawn));
        Interval interval = estimate.Plain();
        interval = metric.IsShare ? new(Math.Max(-1, interval.Low), Math.Min(1, interval.High)) : interval;
        bool isKnown = units.Kind == IntervalUnit.Example || units.Members.Count > 1; // one document says nothing about others
        bool isUp = isKnown && interval.Low > 0, isDown = isKnown && interval.High < 0;
        return new(
            variant.Name,
            baseline.Name,
            column.Task,
            column.Length,
            column.Measure.Slug,
            column.Measure.MaskHeads,
            pairs.Length,
            units.Examples,
            estimate.Value,
            interval.Low,
            interval.High,
            !isUp && !isDown ? "unclear"
                : isUp != metric.IsLowerBetter ? "better"
                : "worse")
        {
            Metric = column.Metric.Name,
            IntervalUnit = units.Kind,
        };
    }

    /// <summary>Pairs the records by seed; an untrained model is paired with every seed of the other.</summary>
    static IEnumerable<(EvalRecord[] Now, EvalRecord[] Then)> Pairs(
        PlannedVariant variant,
        PlannedVariant baseline,
        StudyColumn column,
        StudyResults measured
    ) =>
        from now in measured.Of(variant, column.Measure, StudyResults.LastStep(variant, column.Measure))
        from then in measured.Of(baseline, column.Measure, StudyResults.LastStep(baseline, column.Measure))
        where now.Job.Seed is null || then.Job.Seed is null || now.Job.Seed == then.Job.Seed
        let one = column.Records(now.Results)
        let other = column.Records(then.Results)
        where one.Length > 0 && other.Length > 0
        select (one, other);

    /// <summary>Computes the interval of a single evaluation, as <c>farsight eval</c> does.</summary>
    static Interval Single(StudyColumn column, ScoredExample[] examples) =>
        new CellMaker(EvalTaskCatalog.Get(column.Task), column.Measure.Seed).Interval(
            column.Metric,
            examples,
            column.Length?.ToString(CultureInfo.InvariantCulture) ?? "");

    static Interval Several(StudyColumn column, ScoredExample[][] seeds, ResamplingUnits units)
    {
        ReportedMetric metric = column.Metric;
        SeedsAndExamples estimate = SeedsAndExamples.Of(seeds.Length, units, (s, drawn) => metric.Of(seeds[s], drawn));
        return metric.IsShare ? estimate.Share() : estimate.Value > 0 ? estimate.Positive() : estimate.Plain();
    }

    /// <summary>
    /// Returns the examples that all evaluations have, in one order, and the units that they form. If lower is better, no number is bad
    /// enough for a failure.
    /// </summary>
    static (ScoredExample[][] Common, ResamplingUnits Units) Common(StudyColumn column, EvalRecord[][] evaluations)
    {
        Dictionary<string, EvalRecord>[] byId =
        [
            .. evaluations.Select(e =>
                e.Where(r => r.Failed is null || !column.Metric.IsLowerBetter).DistinctBy(r => r.Id).ToDictionary(r => r.Id)),
        ];
        string[] ids = byId.Length == 0 ? [] : [.. byId[0].Keys.Where(id => byId.All(e => e.ContainsKey(id)))];
        return (
            [.. byId.Select(e => ids.Select(id => e[id].Scored).ToArray())],
            ResamplingUnits.Of([.. ids.Select(id => byId.Select(e => e[id].Group).FirstOrDefault(g => g is not null))]));
    }
}
