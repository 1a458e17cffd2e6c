using Farsight.Engine.Files;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>Writes report.html, report.md and results.json with the results of a study so far.</summary>
sealed class StudyReport(StudyPlan plan, StudyPaths paths)
{
    const string Intervals =
        "Means over seeds with 95 % intervals over seeds and examples, or documents that examples share. docs/studies.md describes the "
        + "method. "
        + "With a single seed, and before training, the interval covers examples only and not other trainings.";

    readonly StudyResults _measured = new(plan, paths);

    /// <summary>Writes the files.</summary>
    /// <param name="memory">What each trained variant takes, by its folder's name.</param>
    /// <param name="refused">Why evaluations could not be made, by their directories.</param>
    internal StudyVerdict Write(IReadOnlyDictionary<string, TrainPlan> memory, IReadOnlyDictionary<string, string> refused)
    {
        IReadOnlyList<StudyColumn> columns = _measured.Columns();
        StudyVerdict verdict = Verdict(columns, refused) with
        {
            ReportPath = paths.Out("report.html"),
            ResultsPath = paths.Out(EvalFiles.ResultsName),
        };
        AtomicFile.WriteText(verdict.ResultsPath, verdict.ToJson());
        ReportWriter.Write(verdict.ReportPath, Model(columns, verdict, memory));
        return verdict;
    }

    StudyVerdict Verdict(IReadOnlyList<StudyColumn> columns, IReadOnlyDictionary<string, string> refused) => new(
        plan.Recipe.Title, plan.Recipe.Question, plan.Baseline.Name,
        [.. plan.Jobs.Where(j => j.Seed is not null).Select(j => StudyRunState.Of(j, paths))],
        [
            .. from variant in plan.Variants
               from column in columns
               from step in variant.IsTrained ? column.Measure.StepsOf(variant.Recipe.Steps).Select(s => (int?)s) : [null]
               let cell = StudyCells.Of(variant, column, step, _measured)
               where cell is not null
               select cell,
        ],
        [
            .. from variant in plan.Variants
               where variant != plan.Baseline
               from column in columns
               let difference = StudyCells.Between(variant, plan.Baseline, column, _measured)
               where difference is not null
               select difference,
        ],
        [.. Gaps(refused)]);

    IEnumerable<StudyGap> Gaps(IReadOnlyDictionary<string, string> refused) =>
        from job in plan.Jobs
        from measure in plan.Recipe.Measure
        from step in StudyWork.StepsOf(job, measure)
        let reason = Reason(job, measure, step, refused)
        where reason is not null
        select new StudyGap(
            job.Title
                + (step is null || step == job.Variant.Recipe.Steps ? "" : FormattableString.Invariant($", step {step}"))
                + $": {string.Join(", ", measure.Tasks)}"
                + (measure.MaskHeads is null ? "" : $" without heads {measure.MaskHeads}"),
            reason);

    string? Reason(StudyJob job, StudyMeasure measure, int? step, IReadOnlyDictionary<string, string> refused) =>
        _measured.Of(job, measure, step) is { } results
            ? results.Skipped.Count == 0
                ? null
                : string.Join(' ', results.Skipped.Select(Sentence))
            : refused.TryGetValue(paths.EvaluationOf(job, measure, step), out string? why)
                ? why
                : job.Seed is not null && File.Exists(paths.FailureOf(job))
                    ? "its training failed"
                    : "not yet measured";

    /// <summary>Returns "TASK at LENGTH: reason", without the length for a task that is not made for one.</summary>
    internal static string Sentence(SkippedPart part) => part.Length is { } length
        ? FormattableString.Invariant($"{part.Task} at {length}: {part.Reason}")
        : $"{part.Task}: {part.Reason}";

    ReportModel Model(IReadOnlyList<StudyColumn> columns, StudyVerdict verdict, IReadOnlyDictionary<string, TrainPlan> memory)
    {
        StudyTables tables = new(plan, paths, columns, verdict);
        StudyCurves curves = new(plan, paths);
        return new()
        {
            Title = plan.Recipe.Title,
            Lead = plan.Recipe.Question,
            OverviewNote = Intervals,
            Overview = [tables.Comparison(), .. tables.Runs(memory)],
            DifferencesNote =
                $"Variant − {plan.Baseline.Name}, on the same examples with the same seeds. A difference is significant if its 95 % "
                    + "interval "
                + "excludes 0. One in twenty is significant by chance.",
            Differences = tables.Differences(),
            Tasks = [.. new StudySections(plan, columns, verdict, _measured).All()],
            Training = curves.All(),
            TrainingNote =
                "Means over the seeds; the area spans the lowest to the highest seed. Margins are those of all seeds together.",
            Failures =
            [
                .. verdict
                    .Runs.Where(r => r.Failure is not null)
                    .Select(r => new Setting(FormattableString.Invariant($"{r.Variant}, seed {r.Seed}"), r.Failure!)),
            ],
            NotRun = [.. verdict.Missing.Select(m => new Setting(m.What, m.Reason))],
            Settings = tables.Settings(),
        };
    }
}
