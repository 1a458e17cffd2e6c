using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.HoloBench;

/// <summary>Represents HoloBench: questions that a database query answers, asked about rows that are written as sentences.</summary>
/// <remarks>
/// Version 1. The rows and the result of the query come from the user, exported from the official loader before it mixes them; here they
/// are mixed in the five official orders, one task each. The judge is asked twice: for the final answer, then for a label of each of the
/// first 50 rows of the result. An exact match counts 1, a partial one 0.5; the program stores labels only, so this weighting is ours.
/// Source: arXiv:2410.11996; megagonlabs/holobench @5799335.
/// </remarks>
sealed class HoloBenchTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => HoloBenchMerge.Orders.Select(o => new HoloBenchTask(o));
}

/// <summary>Represents one order of the rows.</summary>
sealed class HoloBenchTask(string order) : IJudgedTask
{
    const string Repository = "megagonlabs/holobench @5799335";
    const string File = "holobench/contexts.jsonl",
        Prompt = "holobench/experiment_prompt.txt",
        Extraction = "holobench/extract_prompt.txt",
        Labels = "holobench/eval_prompt.txt";
    const string Rows = "rows", Prompts = "judge prompts";
    const int NewTokens = 4096, MostRows = 50;

    static readonly JsonSerializerOptions s_json =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        $"holobench_{order}", 1, $"HoloBench: database operations over text, {order} order", $"arXiv:2410.11996; {Repository}",
        "matched rows of the result by a judge", null)
    {
        Benchmark = "holobench",
        Metrics = [new("exact")],
        Data =
        [
            new(File,
                $"{Repository}: holobench/load_context.py; one line per query: question, type, main, auxiliary (lists of sentences), gold"),
            new(Prompt, $"{Repository}: holobench/prompts/experiment_prompt.txt"),
            new(Extraction, $"{Repository}: holobench/prompts/extract_prompt.txt"),
            new(Labels, $"{Repository}: holobench/prompts/eval_prompt.txt"),
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        string template = setting.Data.ReadText(Prompt);
        string[] judge = [setting.Data.ReadText(Extraction), setting.Data.ReadText(Labels)];
        return DataRecord.Of(setting.Data, File).Select((r, i) =>
        {
            string context = string.Join('\n', HoloBenchMerge.Merge(r.Texts("main"), r.Texts("auxiliary"), order));
            string question = r.Text("question");
            string[] rows = [.. r.Records("gold").Take(MostRows).Select((g, n) => Numbered(g.Raw, n + 1))];
            return new EvalExample(
                i.ToString(CultureInfo.InvariantCulture),
                EvalPrompt.Of(PythonFormat.Fill(
                    template, new Dictionary<string, string> { ["context"] = context, ["question"] = question }, Prompt)),
                rows,
                NewTokens)
            {
                Question = question,
                Groups = new Dictionary<string, string> { ["type"] = r.Has("type") ? r.Text("type") : "unknown" },
                Details = new Dictionary<string, IReadOnlyList<string>> { [Rows] = rows, [Prompts] = judge },
            };
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
        [new("user", PythonFormat.Fill(
            example.Details[Prompts][0], new Dictionary<string, string> { ["response"] = completions[^1] }, Extraction))];

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn>? JudgeNext(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies)
    {
        if (replies.Count > 1)
        {
            return null;
        }
        IReadOnlyList<string> rows = example.Details[Rows];
        string answer = JsonReply.LastObject(replies[0]) is { } json && json.Has("final_answer") ? json.Inner("final_answer").Raw
            : replies[0];
        IEnumerable<int> ids = rows.Count == 0 ? [0] : Enumerable.Range(1, rows.Count);
        return
        [
            new("user", PythonFormat.Fill(example.Details[Prompts][1], new Dictionary<string, string>
            {
                ["question"] = example.Question,
                ["pred"] = answer,
                ["gold"] = $"[{string.Join(", ", rows)}]",
                ["output_format"] = $"[{string.Join(", ", ids.Select(Label))}]",
            }, Labels)),
        ];
    }

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict)
    {
        if (JsonReply.LastList(verdict) is not { Count: > 0 } labels || !labels.All(l => l.Has("id") && l.Has("label")))
        {
            return null;
        }
        Dictionary<string, string> byId = labels.DistinctBy(l => l.Text("id")).ToDictionary(l => l.Text("id"), l => l.Text("label"));
        int rows = example.Details[Rows].Count;
        string[] found =
        [
            .. (rows == 0 ? [0] : Enumerable.Range(1, rows))
                .Select(n => byId.GetValueOrDefault(n.ToString(CultureInfo.InvariantCulture), "")),
        ];
        return new(
            found.Average(l => l switch { "Exact Match" => 1, "Partial Match" => 0.5, _ => 0 }),
            new Dictionary<string, double> { ["exact"] = found.Average(l => l == "Exact Match" ? 1.0 : 0) });
    }

    static string Label(int id) => string.Create(CultureInfo.InvariantCulture, $"{{\"id\": {id}, \"label\": \"...\"}}");

    static string Numbered(string row, int id)
    {
        JsonObject numbered = new() { ["id"] = id };
        foreach ((string name, JsonNode? value) in JsonNode.Parse(row) as JsonObject ?? new JsonObject { ["value"] = row })
        {
            numbered[name] = value?.DeepClone();
        }
        return numbered.ToJsonString(s_json);
    }
}
