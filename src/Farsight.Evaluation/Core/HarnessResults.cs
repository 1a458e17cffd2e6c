using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Farsight.Alignment.Runs;
using Farsight.Engine.Files;

namespace Farsight.Evaluation.Core;

/// <summary>Writes results in the JSON layout of lm-evaluation-harness, for tools that read its files.</summary>
/// <remarks>
/// Layout of EleutherAI/lm-evaluation-harness @4e7e0d4. Scores keep Farsight's scale, 0 to 1 for shares. What Farsight does not record (the
/// rendered prompt, versions of other programs) is left out or empty; the hash of the prompt is Farsight's own, which covers the tokens.
/// </remarks>
public static partial class HarnessResults
{
    const string Score = "score", Filter = "none";

    static readonly JsonSerializerOptions s_whole = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
    static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes results_DATE.json and one samples_TASK_DATE.jsonl per task into a folder named after the model.</summary>
    /// <param name="folder">The output folder.</param>
    /// <param name="results">The results with their examples.</param>
    /// <param name="time">The time in the names of the files.</param>
    /// <returns>The path of the file with the results.</returns>
    public static string Write(string folder, EvalResults results, DateTimeOffset time)
    {
        string model = Unsafe().Replace(results.Model, "__");
        string date = time.ToString("yyyy-MM-dd'T'HH-mm-ss.ffffff", CultureInfo.InvariantCulture);
        string into = Path.Combine(folder, model);
        Directory.CreateDirectory(into);
        JsonObject hashes = [];
        foreach (TaskResult task in results.Tasks)
        {
            EvalRecord[] records = [.. results.Examples.Where(e => e.Task == task.Task)];
            (string Line, string Hash)[] samples = [.. records.Select((r, i) => Sample(r, i))];
            hashes[task.Task] = InputHash.OfText(string.Concat(samples.Select(s => s.Hash)));
            AtomicFile.WriteText(
                Path.Combine(into, $"samples_{Unsafe().Replace(task.Task, "__")}_{date}.jsonl"),
                    string.Concat(samples.Select(s => s.Line + "\n")));
        }
        string path = Path.Combine(into, $"results_{date}.json");
        AtomicFile.WriteText(path, Whole(results, hashes, model, time).ToJsonString(s_whole) + "\n");
        return path;
    }

    static JsonObject Whole(EvalResults results, JsonObject hashes, string model, DateTimeOffset time)
    {
        JsonObject ByTask(Func<TaskResult, JsonNode?> value) =>
            new(results.Tasks.Select(t => KeyValuePair.Create(t.Task, value(t))));
        int shots = results.Decoding?.FewShot ?? 0;
        return new()
        {
            ["results"] = ByTask(t => Task(t, results.Examples)),
            ["group_subtasks"] = new JsonObject(results.Tasks.Where(t => t.Benchmark.Length > 0).GroupBy(t => t.Benchmark).Select(g =>
                KeyValuePair.Create(g.Key, (JsonNode?)new JsonArray([.. g.Select(t => (JsonNode)t.Task)])))),
            ["configs"] = ByTask(t => new JsonObject
            {
                ["task"] = t.Task,
                ["description"] = t.Title,
                ["num_fewshot"] = shots,
                ["metadata"] = new JsonObject { ["version"] = t.Version },
            }),
            ["versions"] = ByTask(t => t.Version),
            ["n-shot"] = ByTask(_ => shots),
            ["higher_is_better"] = ByTask(t => new JsonObject(
                t.All.Beside.Keys.Select(m => (Metric: m, IsLower: t.Metrics?.FirstOrDefault(d => d.Name == m)?.IsLowerBetter ?? false))
                    .Prepend((Metric: Score, IsLower: t.IsLowerBetter))
                    .Select(m => KeyValuePair.Create<string, JsonNode?>(m.Metric, JsonValue.Create(!m.IsLower))))),
            ["n-samples"] = ByTask(t => new JsonObject { ["original"] = t.All.N, ["effective"] = t.All.N }),
            ["config"] = new JsonObject
            {
                ["model"] = "farsight",
                ["model_args"] = results.Model,
                ["gen_kwargs"] = results.Decoding?.Describe(),
                ["random_seed"] = results.Seed,
                ["fewshot_seed"] = results.Seed,
            },
            ["git_hash"] = null,
            ["upper_git_hash"] = null,
            ["date"] = time.ToUnixTimeMilliseconds() / 1000.0,
            ["lm_eval_version"] = $"farsight {results.FarsightVersion}",
            ["task_hashes"] = hashes,
            ["model_source"] = "farsight",
            ["model_name"] = results.Model,
            ["model_name_sanitized"] = model,
            ["system_instruction"] = null,
            ["chat_template"] = null,
            ["total_evaluation_time_seconds"] = results.Cost?.Seconds.ToString(CultureInfo.InvariantCulture),
        };
    }

    static JsonObject Task(TaskResult task, IReadOnlyList<EvalRecord> examples)
    {
        EvalRecord[] records = [.. examples.Where(e => e.Task == task.Task)];
        JsonObject result = new()
        {
            ["name"] = task.Task,
            ["alias"] = task.Task,
            ["sample_len"] = task.All.N,
            [$"{Score},{Filter}"] = task.All.Mean is { } mean && double.IsFinite(mean) ? mean : null,
            [$"{Score}_stderr,{Filter}"] = Error([.. records.Select(r => r.Score)]),
        };
        foreach ((string metric, double value) in task.All.Beside)
        {
            double[] values = [.. records.Where(r => r.Beside.ContainsKey(metric)).Select(r => r.Beside[metric])];
            result[$"{metric},{Filter}"] = double.IsFinite(value) ? value : null;
            result[$"{metric}_stderr,{Filter}"] = Error(values);
        }
        return result;
    }

    // The standard error of a mean; "N/A" for one value, as there.
    static JsonNode Error(double[] values)
    {
        if (values.Length < 2)
        {
            return "N/A";
        }
        double mean = values.Average(), variance = values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
        double error = Math.Sqrt(variance / values.Length);
        return double.IsFinite(error) ? error : "N/A";
    }

    static (string Line, string Hash) Sample(EvalRecord record, int index)
    {
        JsonObject document = new()
        {
            ["id"] = record.Id,
            ["question"] = record.Question,
            ["references"] = new JsonArray([.. record.References.Select(r => (JsonNode)r)]),
        };
        string target = record.References.Count > 0 ? record.References[0] : "";
        string documentHash = InputHash.OfText(document.ToJsonString(s_whole)), targetHash = InputHash.OfText(target);
        string[] answers = record.Draws is { } draws ? [.. draws.Select(d => d.Completion)] : [record.Completion];
        JsonArray Answers() => new([.. answers.Select(a => (JsonNode)a)]);
        JsonObject sample = new()
        {
            ["doc_id"] = index,
            ["doc"] = document,
            ["target"] = target,
            ["arguments"] =
                new JsonObject { ["gen_args_0"] = new JsonObject { ["arg_0"] = record.PromptEnd, ["arg_1"] = new JsonObject() } },
            ["resps"] = new JsonArray(Answers()),
            ["filtered_resps"] = Answers(),
            ["filter"] = Filter,
            ["metrics"] = new JsonArray([Score, .. record.Beside.Keys.Select(m => (JsonNode)m)]),
            ["doc_hash"] = documentHash,
            ["prompt_hash"] = record.PromptSha256,
            ["target_hash"] = targetHash,
            [Score] = record.Score,
        };
        foreach ((string metric, double value) in record.Beside)
        {
            sample.TryAdd(metric, double.IsFinite(value) ? JsonValue.Create(value) : null); // a key of the layout keeps its meaning
        }
        return (sample.ToJsonString(s_line), documentHash + record.PromptSha256 + targetHash);
    }

    [GeneratedRegex("""["<>:/|\\?*\[\]]+""")]
    private static partial Regex Unsafe();
}
