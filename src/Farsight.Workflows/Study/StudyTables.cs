using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>Builds the tables of a study's report.</summary>
sealed class StudyTables(StudyPlan plan, StudyPaths paths, IReadOnlyList<StudyColumn> columns, StudyVerdict verdict)
{
    static readonly JsonSerializerOptions s_line = new(RecipeFile.Json) { WriteIndented = false };

    /// <summary>Builds the comparison, with a row per variant and a column per task and length.</summary>
    internal ReportTable Comparison() => new(
        ["Variant", .. columns.Select(Heading)],
        [
            .. plan.Variants.Select(v => (IReadOnlyList<TableCell>)
            [
                new(v.Name, v.IsTrained ? Seeds(v) : "not trained"),
                .. columns.Select(c => Shown(v, c)),
            ]),
        ])
    {
        Caption = "Every variant on every task and length",
    };

    /// <summary>Builds the table of trainings.</summary>
    internal IEnumerable<ReportTable> Runs(IReadOnlyDictionary<string, TrainPlan> memory)
    {
        StudyJob[] jobs = [.. plan.Jobs.Where(j => j.Seed is not null)];
        if (jobs.Length > 0)
        {
            yield return new(
                ["Training", "Seed", "Status", "Steps", "Time", "Tokens/s", "Memory, planned", "Alarms"],
                [.. jobs.Zip(verdict.Runs, (job, state) => Row(job, state, memory))])
            {
                Caption = "Trainings",
            };
        }
    }

    /// <summary>Builds the table of differences, with a row per variant except the baseline.</summary>
    internal IReadOnlyList<ReportTable> Differences() => verdict.Differences.Count == 0 ? [] :
    [
        new(["Variant", .. columns.Select(Heading)],
        [
            .. plan.Variants.Where(v => v != plan.Baseline).Select(v => (IReadOnlyList<TableCell>)
            [
                new(v.Name, Paired(v)), .. columns.Select(c => Shown(c, verdict.Differences.FirstOrDefault(d => IsOf(d, v, c)))),
            ]),
        ])
        {
            Caption = $"Against {plan.Baseline.Name}",
        },
    ];

    /// <summary>Lists the settings that decide the numbers, apart from the base recipe.</summary>
    internal IReadOnlyList<Setting> Settings() =>
        [
            new("base recipe", plan.Recipe.Base),
            new("seeds", string.Join(", ", plan.Recipe.Seeds.Select(s => s.ToString(CultureInfo.InvariantCulture)))),
            .. plan.Recipe.Set is { } set ? new[] { new Setting("all variants", set.ToJsonString(s_line)) } : [],
            .. plan.Recipe.Variants.Where(v => v.Train && v.Set is not null).Select(v => new Setting(v.Name, v.Set!.ToJsonString(s_line))),
            .. plan.Recipe.Variants.Where(v => v.Positions is not null).Select(v => new Setting($"{v.Name}, measured at", v.Positions!)),
            .. plan.Recipe.Variants
                .Where(v => v.ContextMethod is not null)
                .Select(v => new Setting($"{v.Name}, context method", v.ContextMethod!)),
            .. plan.Recipe.Grid is { } grid ? new[] { new Setting("grid", grid.ToJsonString(s_line)) } : [],
            .. plan.Recipe.Measure.Select(m => new Setting(
                "measured",
                JsonNode.Parse(JsonSerializer.Serialize(m, s_line))!.ToJsonString(s_line))),
        ];

    internal static string Heading(StudyColumn column) =>
        column.Task[(column.Task.IndexOf('/', StringComparison.Ordinal) + 1)..]
            + (column.MetricName is { } metric ? $": {metric}" : "")
            + (column.Length is { } length ? $" {ReportText.Tokens(length)}" : column.Card.IsPerLength ? " all lengths" : "")
            + (column.Measure.MaskHeads is { } heads ? $" −{heads}" : "")
            + (column.Measure.ContextMethod is { } method ? $", {method}" : "");

    TableCell Shown(PlannedVariant variant, StudyColumn column)
    {
        StudyCell? cell = Cell(variant, column);
        if (cell is null)
        {
            return new(
                verdict.Runs.Any(r => r.Variant == variant.Name)
                && verdict.Runs.Where(r => r.Variant == variant.Name).All(r => r.Status == "failed")
                    ? "failed"
                    : "–");
        }
        StudyCell[] others = [.. plan.Variants.Where(v => v != variant).Select(v => Cell(v, column)).OfType<StudyCell>()];
        bool isBest = others.Length > 0 && others.All(o => column.Metric.IsLowerBetter ? cell.High < o.Low : cell.Low > o.High);
        return new(ReportText.Score(column.Metric.IsShare, cell.Mean), Range(column.Metric.IsShare, cell), isBest);
    }

    StudyCell? Cell(PlannedVariant variant, StudyColumn column) =>
        verdict.Cells.FirstOrDefault(c => IsOf(c, variant, column) && c.Step == StudyResults.LastStep(variant, column.Measure));

    internal static bool IsOf(StudyCell cell, PlannedVariant variant, StudyColumn column) =>
        cell.Variant == variant.Name && cell.Task == column.Task && cell.Metric == column.MetricName && cell.Length == column.Length
        && cell.Measure == column.Measure.Slug;

    static string Range(bool isShare, StudyCell cell) => isShare
        ? $"{ReportText.Percent(cell.Low)}–{ReportText.Percent(cell.High)}"
        : $"{ReportText.Fixed(cell.Low, 2)}–{ReportText.Fixed(cell.High, 2)}";

    /// <summary>Describes the finished seeds: "3 seeds", "2 of 3 seeds".</summary>
    string Seeds(PlannedVariant variant)
    {
        int wanted = plan.Recipe.Seeds.Count, done = verdict.Runs.Count(r => r.Variant == variant.Name && r.Status == "done");
        string word = wanted == 1 ? "seed" : "seeds";
        return done == wanted ? $"{Whole(wanted)} {word}" : $"{Whole(done)} of {Whole(wanted)} {word}";
    }

    IReadOnlyList<TableCell> Row(StudyJob job, StudyRunState state, IReadOnlyDictionary<string, TrainPlan> memory)
    {
        StudyTiming? timing = StudyTiming.Of(job, paths);
        return
        [
            new(job.Variant.Name),
            new(Whole(job.Seed!.Value)),
            new(state.Status),
            new(Whole(state.Steps)),
            new(timing?.Time ?? "–"),
            new(timing?.Speed ?? "–"),
            new(
                memory.TryGetValue(job.Variant.Slug, out TrainPlan? plan) && plan.Chosen is { } chosen
                    ? TrainPlan.Text(chosen.Memory.Total)
                    : "–"),
            new(state.Alarms.Count == 0 ? "–" : string.Join(", ", state.Alarms)),
        ];
    }

    /// <summary>Describes the number of seeds behind the differences.</summary>
    string Paired(PlannedVariant variant) =>
        verdict.Differences.Where(d => d.Variant == variant.Name).Select(d => d.Seeds).Distinct().ToArray() switch
        {
            [] => "",
            _ when !variant.IsTrained && !plan.Baseline.IsTrained => "not trained",
            [1] => "1 seed",
            [var seeds] => $"{Whole(seeds)} seeds",
            var several => $"{Whole(several.Min())} to {Whole(several.Max())} seeds",
        };

    static TableCell Shown(StudyColumn column, StudyDifference? d)
    {
        if (d is null)
        {
            return new("–");
        }
        bool isShare = column.Metric.IsShare;
        string verdict = d.Verdict == "unclear" ? "" : $"{d.Verdict}, ";
        return new(
            ReportText.WithSign(isShare, d.Difference),
            $"{verdict}{ReportText.WithSign(isShare, d.Low)} to {ReportText.WithSign(isShare, d.High)}",
            d.Verdict == "better");
    }

    static bool IsOf(StudyDifference d, PlannedVariant variant, StudyColumn column) =>
        d.Variant == variant.Name && d.Task == column.Task && d.Metric == column.MetricName && d.Length == column.Length
        && d.Measure == column.Measure.Slug;

    static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);
}
