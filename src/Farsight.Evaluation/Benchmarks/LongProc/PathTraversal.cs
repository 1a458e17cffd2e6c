using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>A route through cities that each have one connection onwards.</summary>
sealed class PathTraversal(string size) : LongProcTask("path_traversal", size, "all lines of the route right")
{
    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion) =>
        ScoreOf(LongProcTraces.Path(completion, example.References[0]));

    /// <inheritdoc/>
    protected override LongProcItem? Item(EvalData data, DataRecord record, string template)
    {
        if (record.Texts("question_repr") is not [string from, string to])
        {
            throw record.Lacks("two cities 'question_repr'");
        }
        Dictionary<string, string> values = new() { ["city_context"] = record.Text("context_nl"), ["src_city"] = from, ["dst_city"] = to };
        return new(values, record.Text("answer_nl"), $"{from} to {to}");
    }
}
