using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Evaluation.Report;
using static System.FormattableString;

namespace Farsight.Workflows.Reports;

/// <summary>Compares training runs: what their recipes differ in, and where they ended.</summary>
public sealed class RunComparison
{
    static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    readonly IReadOnlyList<TrainedRun> _runs;
    readonly IReadOnlyList<RecipeDifference> _differences;

    RunComparison(IReadOnlyList<TrainedRun> runs)
    {
        _runs = runs;
        _differences = [.. Differences(runs)];
    }

    /// <summary>Gets the runs with state, time and memory, then what differs between their recipes, then their metrics.</summary>
    public IReadOnlyList<ReportTable> Tables =>
        [Runs(), .. _differences.Count > 0 ? [Recipes()] : Array.Empty<ReportTable>(), .. Metrics()];

    /// <summary>Compares runs.</summary>
    /// <param name="runs">At least two, with names that tell them apart.</param>
    public static RunComparison Of(IReadOnlyList<TrainedRun> runs) => new(runs);

    /// <summary>Formats the comparison as JSON.</summary>
    public string ToJson() => new JsonObject
    {
        ["runs"] = new JsonArray([.. _runs.Select(Json)]),
        ["recipe_differences"] = new JsonArray(
        [
            .. _differences.Select(d => (JsonNode)new JsonObject
            {
                ["key"] = d.Key,
                ["values"] = new JsonObject(_runs.Zip(d.Values, (r, v) => KeyValuePair.Create(r.Name, (JsonNode?)JsonValue.Create(v)))),
            }),
        ]),
    }.ToJsonString(s_json) + "\n";

    /// <summary>Creates the report.</summary>
    public ReportModel Report() => new()
    {
        Title = $"{string.Join(", ", _runs.Skip(1).Select(r => r.Name))} against {_runs[0].Name}: training runs",
        Lead = string.Join(' ', _runs.Select(r => $"{r.Name}: {RunReport.Lead(r)}")),
        Sections =
        [
            new("Runs") { Tables = [Runs() with { Caption = "" }] },
            new(
                "Recipe differences",
                _differences.Count > 0 ? "All other keys of the recipes are equal." : "The recipes are equal in every key.")
            {
                Tables = _differences.Count > 0 ? [Recipes() with { Caption = "" }] : [],
            },
            new(
                "Metrics",
                "Numbers of other samples or objectives are not comparable: a reward is in the units of its objective. "
                    + "Below each number is its 95 % interval, over the held-out questions or over the steps.")
            {
                Tables = [.. Metrics()],
            },
            new("Curves", "Of more than 60 steps, faint lines are single steps and bold lines a moving mean.")
            {
                Charts = RunCharts.Of(_runs),
            },
        ],
        Provenance = [.. _runs.Select(RunReport.Provenance)],
    };

    ReportTable Runs() => new(
        ["Run", "State", "Time", "Tokens/s", "Peak memory", "Planned", "Alarms"],
        [
            .. _runs.Select(r => (IReadOnlyList<TableCell>)
            [
                new(r.Name),
                new(RunReport.StateOf(r)),
                new(r.Seconds > 0 ? ReportText.Duration(r.Seconds) : "–"),
                new(r.Seconds > 0 ? Invariant($"{r.TokensPerSecond:0}") : "–"),
                new(r.PeakMemory > 0 ? ReportText.Bytes(r.PeakMemory) : "–"),
                new(r.Plan is { } plan ? ReportText.Bytes(plan.Memory) : "–"),
                new(r.Alarms.Count == 0 ? "none" : string.Join(", ", r.Alarms.Select(a => Invariant($"{a.Alarm} at step {a.Step}")))),
            ]),
        ])
    {
        Caption = "Runs",
    };

    ReportTable Recipes() => new(
        ["Key", .. _runs.Select(r => r.Name)],
        [.. _differences.Select(d => (IReadOnlyList<TableCell>)[new(d.Key), .. d.Values.Select(v => new TableCell(v))])])
    {
        Caption = "Recipe differences",
    };

    IEnumerable<ReportTable> Metrics() => new[]
    {
        Metrics(
            "Held-out samples, last measurement",
            [
                .. _runs.Select(r => r.Measured is [.., { HeldOut: { } last } line]
                    ? (Invariant($"{r.Name}, step {line.Step}"), last)
                    : (r.Name, null)),
            ]),
        Metrics("Training steps, mean of the last tenth", [.. _runs.Select(r => (r.Name, RunSteps.LastTenth(r)))]),
    }.Where(t => t.Rows.Count > 0);

    static ReportTable Metrics(
        string caption, IReadOnlyList<(string Name, IReadOnlyDictionary<string, double>? Values)> columns) => new(
        ["Metric", .. columns.Select(c => c.Name)],
        [
            .. from metric in RunMetric.All
               where columns.Any(c => c.Values?.ContainsKey(metric.Key) == true)
               select (IReadOnlyList<TableCell>)
               [
                   new(metric.Title, metric.Unit),
                   .. columns.Select(c => c.Values?.TryGetValue(metric.Key, out double value) == true
                       ? new TableCell(metric.Format(value), metric.Range(c.Values))
                       : new TableCell("–")),
               ],
        ])
        {
            Caption = caption,
        };

    static IEnumerable<RecipeDifference> Differences(IReadOnlyList<TrainedRun> runs)
    {
        IEnumerable<string> keys = runs.Skip(1).SelectMany(r => JsonChange.All(runs[0].Recipe, r.Recipe)).Select(c => c.Path).Distinct();
        return keys.Select(key => new RecipeDifference(key, [.. runs.Select(r => At(r.Recipe, key))]));
    }

    static string At(JsonNode? node, string path)
    {
        foreach (string key in path.Split('.'))
        {
            node = node is JsonObject o ? o[key] : null;
        }
        return node is JsonValue value && value.TryGetValue(out string? text) ? text : node?.ToJsonString() ?? "null";
    }

    static JsonNode Json(TrainedRun run) => new JsonObject
    {
        ["name"] = run.Name,
        ["state"] = run.State.ToString().ToLowerInvariant(),
        ["done"] = run.Done,
        ["steps"] = run.Steps,
        ["seconds"] = run.Seconds,
        ["tokens_per_second"] = run.TokensPerSecond,
        ["peak_memory_bytes"] = run.PeakMemory,
        ["planned_memory_bytes"] = run.Plan?.Memory,
        ["alarms"] = new JsonArray([.. run.Alarms.Select(a => (JsonNode)new JsonObject { ["step"] = a.Step, ["alarm"] = a.Alarm })]),
        ["held_out"] = run.Measured is [.., { HeldOut: { } last }] ? Numbers(last) : null,
        ["training"] = Numbers(RunSteps.LastTenth(run)),
    };

    static JsonObject Numbers(IReadOnlyDictionary<string, double> values) =>
        new(values.Where(v => double.IsFinite(v.Value)).Select(v => KeyValuePair.Create(v.Key, (JsonNode?)JsonValue.Create(v.Value))));

    /// <summary>Represents a key that differs between recipes.</summary>
    /// <param name="Key">"optimizer.learning_rate".</param>
    /// <param name="Values">One per run.</param>
    sealed record RecipeDifference(string Key, IReadOnlyList<string> Values);
}
