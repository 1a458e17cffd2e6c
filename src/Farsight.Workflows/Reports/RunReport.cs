using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Evaluation.Report;
using static System.FormattableString;

namespace Farsight.Workflows.Reports;

/// <summary>Writes the report of one or more training runs: a page, the same in Markdown, and every step as CSV.</summary>
public static class RunReport
{
    /// <summary>Gets the name of the page in a run directory.</summary>
    public const string PageName = "report.html";

    /// <summary>Number of steps from which the present speed is estimated.</summary>
    internal const int RecentSteps = 20;

    const int MostAnswers = 6;

    /// <summary>Metrics in large type; a run has some of them.</summary>
    static readonly string[] s_headlines =
    [
        PreferenceMetrics.Loss, PreferenceMetrics.RewardAccuracy, PreferenceMetrics.ChosenExactMatch, PretrainingWork.AnswerExactMatch,
    ];

    /// <summary>Writes the page, and the files of the same name that end in .md and .csv.</summary>
    /// <param name="page">The page, ending in ".html".</param>
    /// <param name="runs">A run, or several to compare, with names that tell them apart.</param>
    /// <param name="title">The heading; null for one made of the names.</param>
    /// <exception cref="InputException">A file is there that does not belong to an earlier report of the same runs.</exception>
    public static void Write(string page, IReadOnlyList<TrainedRun> runs, string? title = null)
    {
        ReportModel model = runs is [var only] ? Of(only) : RunComparison.Of(runs).Report();
        string subject = InputHash.OfText(string.Join('\n', runs.Select(r => Path.GetFullPath(r.Folder))))[..16];
        ReportWriter.RequireOwn(page, subject, ".md", ".csv");
        ReportWriter.Write(page, model with { Title = title ?? model.Title, Subject = subject });
        AtomicFile.WriteText(Path.ChangeExtension(page, ".csv"), RunSteps.Csv(runs));
    }

    /// <summary>Creates the report of a run.</summary>
    public static ReportModel Of(TrainedRun run) => new()
    {
        Title = $"{run.Name}: training run",
        Lead = Lead(run),
        Headlines = Headlines(run),
        Sections =
        [
            .. NotEmpty(
                Alarms(run), Numbers(run), Curves(run), AlongTraining(run), TimeAndMemory(run), RunData.Section(run), Recipe(run)),
        ],
        Provenance = [Provenance(run)],
    };

    internal static ReportSection Alarms(TrainedRun run) =>
        new("Alarms", "Each alarm is raised once per run, at the step where it was found.")
        {
            Facts = [.. run.Alarms.Select(a => new Setting(Invariant($"step {a.Step}, {a.Alarm}"), Sentence(a.Message)))],
            IsWarning = true,
        };

    internal static ReportSection Numbers(TrainedRun run) =>
        new(
            "Numbers",
            "Held-out samples are only measured; n counts their questions. Below each number is its 95 % interval: over the held-out "
                + "questions, or over the steps of a part of the training. That of a change of held-out samples is wider than needed, "
                + "because it does not use that both measurements have the same samples.")
        {
            Tables = [.. RunSteps.Tables(run)],
        };

    internal static ReportSection Curves(TrainedRun run) => new(
        "Curves",
        "Of more than 60 steps, faint lines are single steps, whose farthest 4 % may end at the border, and bold lines are "
            + "a moving mean. Areas are quartiles over samples.")
    {
        Charts = RunCharts.Of(run),
    };

    internal static ReportSection AlongTraining(TrainedRun run) =>
        new("Answers along training", "Greedy answers to held-out prompts. Repeats: the share of 4-grams that occurred before.")
        {
            Samples = [.. Answers(run)],
        };

    internal static ReportSection TimeAndMemory(TrainedRun run) => new("Time and memory")
    {
        Facts = Cost(run),
        Charts = RunCharts.Speed(run) is { } speed ? [speed] : [],
    };

    internal static ReportSection Recipe(TrainedRun run) =>
        new("Recipe", "As it was run, with the overrides of the command line.") { Facts = [.. Flat(run.Recipe)] };

    /// <summary>Yields the sections that have content.</summary>
    internal static IEnumerable<ReportSection> NotEmpty(params ReportSection[] sections) =>
        sections.Where(s => s.Facts.Count + s.Tables.Count + s.Charts.Count + s.Samples.Count > 0);

    /// <summary>Describes the run in a sentence.</summary>
    internal static string Lead(TrainedRun run)
    {
        string objective = run.Recipe["objective"]?["name"]?.ToString() ?? "";
        string what = run.Manifest.Command == "pretrain" ? "Pretraining"
            : $"Preference training{(objective.Length > 0 ? $" with the objective {objective}" : "")}";
        string model = run.Recipe["base_model"]?.ToString() is { } path ? $" of {Path.GetFileName(path.TrimEnd('/', '\\'))}" : "";
        string data = run.Recipe["data"]?.ToString() is { } file ? $" on {Path.GetFileName(file)}" : "";
        return $"{what}{model}{data}: {StateOf(run)}.";
    }

    /// <summary>Describes the state: "finished, 300 steps", "running, step 20 of 300, about 3 min left".</summary>
    internal static string StateOf(TrainedRun run) => run.State switch
    {
        RunState.Finished => Invariant($"finished, {run.Steps} steps"),
        RunState.Running => Invariant($"running, step {run.Done} of {run.Steps}{Left(run)}"),
        _ => Invariant($"stopped at step {run.Done} of {run.Steps}"),
    };

    internal static Provenance Provenance(TrainedRun run)
    {
        RunManifest manifest = run.Manifest;
        return new(run.Name,
        [
            new("folder", run.Folder),
            new("command", manifest.Command),
            new("seed", Invariant($"{manifest.Seed}")),
            new("processor", Invariant($"{manifest.Processor}, {manifest.SimdBits}-bit vectors, {manifest.Threads} threads")),
            new("Farsight", $"{manifest.FarsightVersion}, .NET {manifest.DotnetVersion}"),
            .. manifest.Inputs.Select(i => new Setting($"SHA-256 of {i.Key}", i.Value)),
            .. run.Notices.Select((n, i) => new Setting(Invariant($"notice {i + 1}"), n)),
        ]);
    }

    static string Left(TrainedRun run) => SecondsLeft(run) is { } seconds ? $", about {ReportText.Duration(seconds)} left" : "";

    /// <summary>Estimates the remaining time by the last steps; null if none was timed, or if the run is done.</summary>
    internal static double? SecondsLeft(TrainedRun run) => run.Times.Count == 0 || run.Done >= run.Steps
        ? null
        : (run.Steps - run.Done) * run.Times.TakeLast(RecentSteps).Average(t => t.Seconds);

    static IReadOnlyList<Headline> Headlines(TrainedRun run)
    {
        string state = run.State switch { RunState.Finished => "finished", RunState.Running => "running", _ => "stopped" };
        return
        [
            new(
                run.State == RunState.Finished ? Invariant($"{run.Steps}") : Invariant($"{run.Done} of {run.Steps}"),
                "steps",
                state + (run.State == RunState.Running ? Left(run) : "")),
            .. MeasuredHeadlines(run),
            .. run.Seconds > 0
                ? [new Headline(
                    ReportText.Duration(run.Seconds), "training time", Invariant($"{run.TokensPerSecond:0} tokens per second"))]
                : Array.Empty<Headline>(),
            .. run.PeakMemory > 0
                ? [new Headline(ReportText.Bytes(run.PeakMemory), "peak memory", Planned(run))]
                : Array.Empty<Headline>(),
        ];
    }

    /// <summary>Returns the metrics in large type, which the page of a run in progress shows as well.</summary>
    internal static IEnumerable<Headline> MeasuredHeadlines(TrainedRun run) =>
        s_headlines.Select(key => Measured(run, RunMetric.Of(key))).OfType<Headline>();

    /// <summary>
    /// Returns the last value of a held-out metric, with the value before training; for a run without held-out samples that of the last
    /// steps; null if the run does not have the metric.
    /// </summary>
    static Headline? Measured(TrainedRun run, RunMetric metric)
    {
        string name = metric.Title.ToLowerInvariant(), unit = metric.Scale == 1 ? $"{metric.Unit}, " : "";
        if (run.Measured.Count == 0)
        {
            IReadOnlyDictionary<string, double> steps = RunSteps.LastTenth(run);
            return steps.TryGetValue(metric.Key, out double last)
                ? new(
                    metric.FormatLarge(last), $"{name}, training", $"{unit}{Certainty(metric, steps)}mean of the last tenth of the steps")
                : null;
        }
        MetricsLine[] lines = [.. run.Measured.Where(l => l.HeldOut!.ContainsKey(metric.Key))];
        return lines.Length == 0 ? null : new(
            metric.FormatLarge(lines[^1].HeldOut![metric.Key]),
            $"{name}, held out",
            unit + Certainty(metric, lines[^1].HeldOut!) + (lines.Length > 1 && lines[0].Step == 0
                ? $"{metric.FormatLarge(lines[0].HeldOut![metric.Key])} before training"
                : Invariant($"at step {lines[^1].Step}")));
    }

    /// <summary>Describes the 95 % interval of a metric and its number of observations, before other text; empty without one.</summary>
    static string Certainty(RunMetric metric, IReadOnlyDictionary<string, double> values) =>
        metric.Range(values) is { Length: > 0 } range
            ? Invariant($"95 % interval {range}, n = {MeanInterval.CountOf(values, metric.Key)}; ")
            : "";

    internal static string Planned(TrainedRun run) =>
        run.Plan is { } plan ? $"planned {ReportText.Bytes(plan.Memory)} of {ReportText.Bytes(plan.Budget)}" : "of the process";

    static IReadOnlyList<Setting> Cost(TrainedRun run) =>
        [
            .. run.Seconds > 0
                ? new Setting[]
                {
                    new("training time", $"{ReportText.Duration(run.Seconds)}, without evaluations and checkpoints"),
                    new("time per step", Invariant($"{run.Seconds / run.Times.Count:0.###} s")),
                    new(
                        "tokens",
                        Invariant($"{run.Tokens:N0}, {run.Tokens / run.Times.Count:N0} per step; shared prompts count once")),
                    new("speed", Invariant($"{run.TokensPerSecond:0} tokens per second")),
                }
                : [],
            .. run.Plan is { } plan
                ? new Setting[]
                {
                    new("planned memory", $"{ReportText.Bytes(plan.Memory)}, with a limit of {ReportText.Bytes(plan.Budget)}"),
                    new("recomputed", plan.Recomputed),
                }
                : [],
            .. run.PeakMemory > 0
                ? [new("peak memory", $"{ReportText.Bytes(run.PeakMemory)}, of the whole process and with mapped weights")]
                : Array.Empty<Setting>(),
        ];

    /// <summary>Yields each watched prompt with answers of evenly spaced steps.</summary>
    static IEnumerable<SampleAnswer> Answers(TrainedRun run) =>
        from sample in run.Samples.GroupBy(s => s.Id)
        let lines = RunSteps.Spread([.. sample.OrderBy(l => l.Step)], MostAnswers)
        let first = lines[0]
        select new SampleAnswer(
            $"Sample {first.Id}", first.Question, first.Chosen,
            [.. lines.Select(l => new VariantAnswer(NameOf(l), l.Completion, null))])
        {
            AnswerName = "chosen response",
        };

    static string NameOf(SampleLine line) =>
        (line.Step == 0 ? "before training" : Invariant($"step {line.Step}"))
            + (line.Repetition > 0 ? $", repeats {ReportText.Percent(line.Repetition)} %" : "")
            + (line.Ended ? "" : ", reached the limit");

    /// <summary>Yields the keys of a recipe with their values: "objective.beta" and "2".</summary>
    internal static IEnumerable<Setting> Flat(JsonNode? node, string path = "") => node switch
    {
        JsonObject { Count: > 0 } o => o.SelectMany(p => Flat(p.Value, path.Length == 0 ? p.Key : $"{path}.{p.Key}")),
        JsonArray { Count: > 0 } a when a.Any(n => n is JsonObject) =>
            a.SelectMany((n, i) => Flat(n, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"))),
        JsonArray { Count: > 0 } a => [new(path, string.Join(", ", a.Select(n => n?.ToString() ?? "null")))],
        JsonValue v when v.TryGetValue(out string? text) => [new(path, text)],
        _ => [new(path, node?.ToJsonString() ?? "null")],
    };

    static string Sentence(string message) =>
        message.Length == 0 ? message : $"{char.ToUpperInvariant(message[0])}{message[1..].TrimEnd('.')}.";
}
