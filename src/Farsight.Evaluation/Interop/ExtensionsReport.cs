using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Interop;

/// <summary>Writes and reads results in the JSON report of Microsoft.Extensions.AI.Evaluation (formatVersion 1).</summary>
/// <remarks>
/// An example is a scenario run: its task the scenario, its id the iteration, the model the execution. The score is the numeric metric
/// named after the task. Prompts are not stored whole, so the message is the question, and the prompt's SHA-256 is in the metadata. Source:
/// dotnet/extensions @5862342, JsonReportWriter.
/// </remarks>
public static class ExtensionsReport
{
    const string Kind = "a JSON report of Microsoft.Extensions.AI.Evaluation";
    const string Numeric = "numeric", Boolean = "boolean", Prompt = "promptSha256";

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
    public static void Write(string path, EvalResults results, DateTimeOffset time)
    {
        string created = time.ToString("O", CultureInfo.InvariantCulture);
        JsonObject report = new()
        {
            ["scenarioRunResults"] = new JsonArray([.. results.Examples.Select(r => (JsonNode)Run(r, results, created))]),
            ["createdAt"] = created,
            ["generatorVersion"] = $"farsight {results.FarsightVersion}",
        };
        AtomicFile.WriteText(path, report.ToJsonString(s_json) + "\n");
    }

    /// <summary>Reads a report, also one of another program: each scenario becomes a task, whose score is the metric named after it, or the
    /// first number or boolean.</summary>
    /// <exception cref="InputException">The file is missing, or is no such report.</exception>
    public static EvalResults Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"{path} does not exist; give {Kind}.");
        }
        try
        {
            JsonArray runs = JsonNode.Parse(RegularFile.ReadAllBytes(path))?["scenarioRunResults"]?.AsArray()
                ?? throw new InputException($"{path} has no 'scenarioRunResults'; give {Kind}.");
            EvalRecord[] records = [.. runs.OfType<JsonObject>().Select(Record)];
            string model = records.Length > 0 ? records[0].Model : path;
            TaskResult[] tasks =
                [.. records.GroupBy(r => r.Task).Select(g => TaskResult.Of(new ReportedTask(g.Key, [.. g]), [.. g], seed: 0))];
            return new(model, 0, "", tasks, records);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{path} is damaged: {e.Message.TrimEnd('.')}; give {Kind}.", e);
        }
    }

    static JsonObject Run(EvalRecord record, EvalResults results, string created)
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
            ["executionName"] = results.Model,
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
            run["executionName"]?.GetValue<string>() ?? "",
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
