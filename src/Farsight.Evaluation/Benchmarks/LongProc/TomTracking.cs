using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Where somebody believes an object is, step by step.</summary>
sealed class TomTracking(string size) : LongProcTask("tom_tracking", size, "all steps of the trace right")
{
    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion) =>
        ScoreOf(LongProcTraces.Beliefs(completion, example.References[0]));

    /// <inheritdoc/>
    protected override LongProcItem? Item(EvalData data, DataRecord record, string template)
    {
        string[] names = ["story_components", "story", "question"];
        return new(names.ToDictionary(n => n, record.Text), record.Text("solution"), record.Text("question"));
    }
}
