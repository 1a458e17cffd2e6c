using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Represents travel_planning: a route through cities with direct flights, found by a written depth-first search.</summary>
/// <remarks>
/// Official partial score: the index of the last compared line, so a complete procedure without a right plan scores (n − 1)/n. "partial,
/// clean" beside it counts the right lines.
/// </remarks>
sealed class TravelPlanning(string size)
    : LongProcTask("travel_planning", size, "all cities and durations of the plan right", "travel_planning_all.json")
{
    const string Demonstrations = "longproc/travel_planning/travel_planning_icl_examples.json", Cities = "cities", Durations = "durations";

    /// <inheritdoc/>
    protected override IEnumerable<EvalDataFile> MoreData => [From(Demonstrations)];

    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion)
    {
        string? plan = LongProcTraces.Tagged(completion, "Plan");
        bool isRight = plan is not null && TravelPlan.IsRight(plan, example.Details[Cities][0], example.Details[Durations][0]);
        double Progress(MetricMode mode) => isRight ? 1 : TravelPlan.Progress(completion, example.References[0], mode);
        return new(isRight ? 1 : 0, new Dictionary<string, double>
        {
            ["partial"] = Progress(MetricMode.Official),
            ["partial, clean"] = Progress(MetricMode.Clean),
            ["extraction"] = plan is null ? 0 : 1,
        });
    }

    /// <inheritdoc/>
    protected override string Template(EvalData data, string template)
    {
        IEnumerable<string> examples = DataRecord.Of(data, Demonstrations)
            .Select(r => $"# Example\n{r.Text("disambig_question_text")}\n\n{TravelSearch.Procedure(r)}");
        return template.Replace("{demonstration}", string.Join("\n\n", examples), StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    protected override LongProcItem? Item(EvalData data, DataRecord record, string template)
    {
        (int low, int high) = Size == "2k" ? (0, 2048) : (4096, 8192);
        double tokens = record.Real("estimated_output_tokens");
        if (tokens < low || tokens >= high)
        {
            return null;
        }
        string problem = record.Text("disambig_question_text");
        return new(new Dictionary<string, string> { ["problem"] = problem }, TravelSearch.Procedure(record), problem)
        {
            Details = new Dictionary<string, IReadOnlyList<string>>
            {
                [Cities] = [record.Text("ground_truth_cities")],
                [Durations] = [record.Text("ground_truth_durations")],
            },
        };
    }
}
