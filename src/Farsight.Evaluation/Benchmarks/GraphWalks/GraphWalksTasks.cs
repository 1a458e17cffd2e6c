using System.Globalization;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.GraphWalks;

/// <summary>
/// Represents OpenAI's GraphWalks: nodes of a long list of edges, found by one step (parents) or by breadth-first search.
/// </summary>
/// <remarks>
/// Version 1. The prompts are the data's. The score follows lm-evaluation-harness; "official" beside it is the data card's rule, which
/// loses the first node, and "flexible" searches all lines. An item without right nodes cannot score more than 0 by any of the three. Rows
/// of the two dates define the search differently, so the results are broken down by date.
/// </remarks>
sealed class GraphWalksTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => [new GraphWalksTask("parents"), new GraphWalksTask("bfs")];
}

/// <summary>Represents one kind of question.</summary>
sealed class GraphWalksTask(string kind) : IGeneratedTask
{
    const string File = "graphwalks/graphwalks.jsonl";
    const int NewTokens = 16384;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        $"graphwalks_{kind}", 1, kind == "bfs" ? "GraphWalks: breadth-first search" : "GraphWalks: parents of a node",
        "data set openai/graphwalks; rule of EleutherAI/lm-evaluation-harness @4e7e0d4", "F1 of the set of nodes", 0)
    {
        Benchmark = "graphwalks",
        Metrics = [new("official"), new("flexible")],
        Data = [new(File, "Hugging Face openai/graphwalks: both Parquet files as JSONL, one after the other")],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => DataRecord.Of(setting.Data, File).Index()
        .Where(r => r.Item.Text("problem_type") == kind)
        .Select(r => new EvalExample(
            r.Index.ToString(CultureInfo.InvariantCulture), EvalPrompt.Of(r.Item.Text("prompt")),
            r.Item.Texts(r.Item.Has("answer_nodes") ? "answer_nodes" : "answer"), NewTokens)
        {
            Groups = new Dictionary<string, string>
            {
                ["date"] = r.Item.Has("date_added") ? r.Item.Text("date_added") : "unknown",
            },
        });

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(
        GraphWalksScore.F1(GraphWalksScore.Strict(completion), example.References),
        new Dictionary<string, double>
        {
            ["official"] = GraphWalksScore.F1(GraphWalksScore.ByCard(completion), example.References),
            ["flexible"] = GraphWalksScore.F1(GraphWalksScore.Flexible(completion), example.References),
        });
}
