using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Interop;

/// <summary>Writes and reads results in the JSON report and the result store of Microsoft.Extensions.AI.Evaluation (format 1).</summary>
/// <remarks>
/// An example is a scenario run: its task the scenario, its id the iteration, the model the execution. The score is the numeric metric
/// named after the task. Prompts are not stored whole, so the message is the question, and the prompt's SHA-256 is in the metadata. Source:
/// dotnet/extensions @5862342, JsonReportWriter and DiskBasedResultStore.
/// </remarks>
public static class ExtensionsReport
{
    const string Kind = "a JSON report of Microsoft.Extensions.AI.Evaluation";
    const string Results = "results", Numeric = "numeric", Boolean = "boolean", Prompt = "promptSha256";

    static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a report.</summary>
    /// <param name="path">The JSON file.</param>
    /// <param name="results">The results with their examples.</param>
    /// <param name="time">The time that the report states.</param>
    /// <param name="execution">Name of the execution; null for the model's.</param>
    public static void Write(string path, EvalResults results, DateTimeOffset time, string? execution = null)
    {
        JsonObject report = new()
        {
            ["scenarioRunResults"] =
                new JsonArray([.. results.Examples.Select(r => (JsonNode)Run(r, results, execution ?? results.Model, Stated(time)))]),
            ["createdAt"] = Stated(time),
            ["generatorVersion"] = $"farsight {results.FarsightVersion}",
        };
        AtomicFile.WriteText(path, report.ToJsonString(s_json) + "\n");
    }

    /// <summary>
    /// Writes the runs into a result store on disk, one file each: results/EXECUTION/SCENARIO/ITERATION.json, names escaped as in a URL.
    /// </summary>
    /// <param name="folder">The root of the store, which may hold other executions.</param>
    /// <param name="results">The results with their examples.</param>
    /// <param name="time">The time that the runs state.</param>
    /// <param name="execution">Name of the execution; null for the model's.</param>
    /// <exception cref="InputException">The store has an execution of this name.</exception>
    public static void WriteStore(string folder, EvalResults results, DateTimeOffset time, string? execution = null)
    {
        string name = execution ?? results.Model;
        if (name.Length == 0)
        {
            throw new InputException("The name of the execution is empty; write a name.");
        }
        string into = Path.Combine(folder, Results, Segment(name));
        if (Path.Exists(into))
        {
            throw new InputException($"{into} exists; name another execution, or remove it.");
        }
        foreach (EvalRecord record in results.Examples)
        {
            string scenario = Path.Combine(into, Segment(record.Task));
            Directory.CreateDirectory(scenario);
            AtomicFile.WriteText(
                Path.Combine(scenario, $"{Segment(record.Id)}.json"),
                Run(record, results, name, Stated(time)).ToJsonString(s_json) + "\n");
        }
    }

    /// <summary>
    /// Reads a report or a result store, also one of another program: each scenario becomes a task, whose score is the metric named after
    /// it, or the first number or boolean.
    /// </summary>
    /// <param name="path">The JSON file, or the root folder of the store.</param>
    /// <param name="execution">The execution to read; null if there is only one.</param>
    /// <exception cref="InputException">
    /// The path is missing, or holds no such results; or it has no such execution, or several and none is named.
    /// </exception>
    public static EvalResults Read(string path, string? execution = null)
    {
        try
        {
            EvalRecord[] records = Of(execution, [.. Runs(path).OfType<JsonObject>().Select(Record)], path);
            string model = records[0].Model;
            TaskResult[] tasks =
                [.. records.GroupBy(r => r.Task).Select(g => TaskResult.Of(new ReportedTask(g.Key, [.. g]), [.. g], seed: 0))];
            return new(model, 0, "", tasks, records);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{path} is damaged: {e.Message.TrimEnd('.')}; give {Kind}.", e);
        }
    }

    static IEnumerable<JsonNode?> Runs(string path)
    {
        string store = Path.Combine(path, Results);
        return Directory.Exists(store)
            ? Directory.EnumerateFiles(store, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(f => JsonNode.Parse(RegularFile.ReadAllBytes(f)))
            : !File.Exists(path) ? throw new InputException(Directory.Exists(path)
                ? $"{path} has no folder '{Results}'; give the root folder of a result store, or {Kind}."
                : $"{path} does not exist; give {Kind}.")
            : JsonNode.Parse(RegularFile.ReadAllBytes(path))?["scenarioRunResults"]?.AsArray()
                ?? throw new InputException($"{path} has no 'scenarioRunResults'; give {Kind}.");
    }

    // Results belong to one model, which is the execution here.
    static EvalRecord[] Of(string? execution, EvalRecord[] all, string path)
    {
        string[] names = [.. all.Select(r => r.Model).Distinct(StringComparer.Ordinal)];
        string listed = string.Join(", ", names.Select(VisibleText.Of));
        EvalRecord[] own = [.. all.Where(r => r.Model == (execution ?? names.FirstOrDefault()))];
        return names.Length == 0 ? throw new InputException($"{path} has no results; give a report with at least one scenario run.")
            : execution is null && names.Length > 1 ? throw new InputException(
                $"{path} has the results of several executions ({listed}); name one of them.")
            : execution is not null && !names.Contains(execution) ? throw new InputException(
                $"{path} has no execution '{VisibleText.Of(execution)}'. Executions: {listed}.")
            : own.GroupBy(r => (r.Task, r.Id)).FirstOrDefault(g => g.Count() > 1) is { } repeated ? throw new InputException(
                $"{path} has the iteration '{VisibleText.Of(repeated.Key.Id)}' of scenario '{VisibleText.Of(repeated.Key.Task)}' "
                    + "twice in one execution; give each a name of its own.")
            : own;
    }

    static string Stated(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

    // "." and ".." are no names of files.
    static string Segment(string name) => name.All(c => c == '.')
        ? name.Replace(".", "%2E", StringComparison.Ordinal)
        : Uri.EscapeDataString(name);

    static JsonObject Run(EvalRecord record, EvalResults results, string execution, string created)
    {
        TaskResult? task = results.Tasks.FirstOrDefault(t => t.Task == record.Task);
        JsonObject metrics = new() { [record.Task] = Metric(record.Task, record.Failed is null ? record.Score : null, record) };
        foreach ((string name, double value) in record.Failed is null ? record.Beside : new Dictionary<string, double>())
        {
            string full = $"{record.Task}: {name}";
            metrics[full] = Metric(full, value, null);
        }
        JsonObject run = new()
        {
            ["scenarioName"] = record.Task,
            ["iterationName"] = record.Id,
            ["executionName"] = execution,
            ["creationTime"] = created,
            ["messages"] = new JsonArray(Message("user", record.Question)),
            ["modelResponse"] = new JsonObject { ["messages"] = new JsonArray(Message("assistant", record.Completion)) },
            ["evaluationResult"] = new JsonObject { ["metrics"] = metrics },
            ["chatDetails"] = new JsonObject { ["turnDetails"] = new JsonArray(Turn(record, results.Model)) },
        };
        if (task is { Benchmark.Length: > 0 })
        {
            run["tags"] = new JsonArray(task.Benchmark);
        }
        run["formatVersion"] = 1;
        return run;
    }

    static JsonObject Metric(string name, double? value, EvalRecord? record)
    {
        JsonObject metric = new() { ["$type"] = Numeric };
        if (value is { } number && double.IsFinite(number))
        {
            metric["value"] = number;
        }
        metric["name"] = name;
        if (record?.Verdict is { Length: > 0 } reason)
        {
            metric["reason"] = reason;
        }
        if (record?.References is { Count: > 0 } references)
        {
            metric["context"] = new JsonObject
            {
                [ReferenceContext.ContextName] = new JsonObject
                {
                    ["name"] = ReferenceContext.ContextName,
                    ["contents"] = new JsonArray([.. references.Select(r => (JsonNode)Text(r))]),
                },
            };
        }
        if (record?.Failed is { } failed)
        {
            metric["diagnostics"] = new JsonArray(new JsonObject { ["severity"] = "error", ["message"] = failed });
        }
        if (record is not null)
        {
            metric["metadata"] = new JsonObject { [Prompt] = record.PromptSha256 };
        }
        return metric;
    }

    static JsonObject Turn(EvalRecord record, string model)
    {
        JsonObject turn = new() { ["latency"] = 0, ["model"] = model };
        if (record is { PromptTokens: { } input, NewTokens: { } output })
        {
            turn["usage"] = new JsonObject
            {
                ["inputTokenCount"] = input,
                ["outputTokenCount"] = output,
                ["totalTokenCount"] = input + output,
            };
        }
        return turn;
    }

    static JsonObject Message(string role, string text) => new() { ["role"] = role, ["contents"] = new JsonArray(Text(text)) };

    static JsonObject Text(string text) => new() { ["$type"] = "text", ["text"] = text };

    static EvalRecord Record(JsonObject run)
    {
        string task = run["scenarioName"]?.GetValue<string>() ?? throw new FormatException("a run has no 'scenarioName'");
        JsonObject[] metrics =
        [
            .. (run["evaluationResult"]?["metrics"] as JsonObject ?? []).Select(m => m.Value).OfType<JsonObject>()
                .Where(m => m["$type"]?.GetValue<string>() is Numeric or Boolean),
        ];
        JsonObject? main = metrics.FirstOrDefault(m => NameOf(m) == task) ?? metrics.FirstOrDefault();
        double? score = main is null ? null : ValueOf(main);
        return new(
            run["executionName"]?.GetValue<string>() ?? "Default", // as the other program names it
            task,
            1,
            run["iterationName"]?.GetValue<string>() ?? "1",
            main?["metadata"]?[Prompt]?.GetValue<string>() ?? "",
            score ?? 0,
            metrics.Where(m => m != main && ValueOf(m) is not null).ToDictionary(m => Short(NameOf(m), task), m => ValueOf(m)!.Value))
        {
            Question = TextOf(run["messages"], "user"),
            References =
            [
                .. (main?["context"]?[ReferenceContext.ContextName]?["contents"] as JsonArray ?? [])
                    .Select(c => c?["text"]?.GetValue<string>()).OfType<string>(),
            ],
            Completion = TextOf(run["modelResponse"]?["messages"], "assistant"),
            Verdict = main?["reason"]?.GetValue<string>(),
            Failed = score is null
                ? main?["diagnostics"]?.AsArray().FirstOrDefault()?["message"]?.GetValue<string>() ?? "the report has no value"
                : null,
        };
    }

    static string NameOf(JsonObject metric) => metric["name"]?.GetValue<string>() ?? "";

    static double? ValueOf(JsonObject metric) => metric["value"]?.GetValueKind() switch
    {
        JsonValueKind.Number => metric["value"]!.GetValue<double>(),
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => null,
    };

    static string Short(string name, string task) =>
        name.StartsWith(task + ": ", StringComparison.Ordinal) ? name[(task.Length + 2)..] : name;

    static string TextOf(JsonNode? messages, string role) => string.Concat((messages as JsonArray ?? [])
        .Where(m => m?["role"]?.GetValue<string>() == role)
        .SelectMany(m => m?["contents"] as JsonArray ?? [])
        .Select(c => c?["text"]?.GetValue<string>() ?? ""));

    /// <summary>Represents a scenario of a report as a task; its aggregate is the mean.</summary>
    sealed class ReportedTask(string name, EvalRecord[] records) : IEvalTask
    {
        public EvalTaskCard Card { get; } = new(name, 1, name, "report", "score of the report", null)
        {
            IsShare = records.All(r => r.Score is >= 0 and <= 1),
        };

        public IEnumerable<EvalExample> Examples(EvalSetting setting) => [];
    }
}
