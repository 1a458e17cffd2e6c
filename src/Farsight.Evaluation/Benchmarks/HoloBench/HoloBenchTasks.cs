using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.HoloBench;

/// <summary>Represents HoloBench: questions that a database query answers, asked about rows that are written as sentences.</summary>
/// <remarks>
/// Version 2: the judge gets rows and labels as Python writes them, as in the official program; version 1 wrote JSON. The rows and the
/// result of the query come from the user, exported from the official loader before it mixes them; here they are mixed in the five official
/// orders, one task each. The judge is asked twice: for the final answer, then for a label of each of the first 50 rows of the result. An
/// exact match counts 1, a partial one 0.5; the program stores labels only, so this weighting is ours.
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
    const string Ids = "ids", Prompts = "judge prompts";
    const int NewTokens = 4096, MostRows = 50;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        $"holobench_{order}", 2, $"HoloBench: database operations over text, {order} order", $"arXiv:2410.11996; {Repository}",
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
            JsonObject[] rows = [.. r.Records("gold").Take(MostRows).Select((g, n) => Numbered(g, n + 1))];
            return new EvalExample(
                i.ToString(CultureInfo.InvariantCulture),
                EvalPrompt.Of(PythonFormat.Fill(
                    template, new Dictionary<string, string> { ["context"] = context, ["question"] = question }, Prompt)),
                [.. rows.Select(row => PythonList.Of(row))],
                NewTokens)
            {
                Question = question,
                Groups = new Dictionary<string, string> { ["type"] = r.Has("type") ? r.Text("type") : "unknown" },
                Details = new Dictionary<string, IReadOnlyList<string>> { [Ids] = IdsOf(rows), [Prompts] = judge },
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
        string answer = JsonReply.LastObject(replies[0]) is { } json && json.Has("final_answer") ? json.Inner("final_answer").Raw
            : replies[0];
        return
        [
            new("user", PythonFormat.Fill(example.Details[Prompts][1], new Dictionary<string, string>
            {
                ["question"] = example.Question,
                ["pred"] = answer,
                ["gold"] = $"[{string.Join(", ", example.References)}]",
                ["output_format"] = $"[{string.Join(", ", example.Details[Ids].Select(id => $"{{'id': {id}, 'label': '...'}}"))}]",
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
        // The judge may write an id that is a text with or without its quotation marks.
        string[] found = [.. example.Details[Ids].Select(id => byId.GetValueOrDefault(id.Trim('\'', '"'), ""))];
        return new(
            found.Average(l => l switch { "Exact Match" => 1, "Partial Match" => 0.5, _ => 0 }),
            new Dictionary<string, double> { ["exact"] = found.Average(l => l == "Exact Match" ? 1.0 : 0) });
    }

    // An empty result is one entry with the number 0.
    static string[] IdsOf(JsonObject[] rows) => rows.Length == 0 ? ["0"] : [.. rows.Select(r => PythonList.Of(r["id"]))];

    // A column "id" of the result replaces the number, as there.
    static JsonObject Numbered(DataRecord row, int id)
    {
        JsonObject numbered = new() { ["id"] = id };
        JsonNode? content = row is { IsText: true, IsNumber: false } ? row.Raw : JsonNode.Parse(row.Raw);
        foreach ((string name, JsonNode? value) in content as JsonObject ?? new JsonObject { ["value"] = content })
        {
            numbered[name] = value?.DeepClone();
        }
        return numbered;
    }
}
