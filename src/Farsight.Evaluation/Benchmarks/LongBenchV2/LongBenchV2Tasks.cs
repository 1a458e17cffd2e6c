using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.LongBenchV2;

/// <summary>
/// LongBench v2: asked at once, after a chain of thought, and without the document, which measures what a model remembers.
/// </summary>
/// <remarks>Source: arXiv:2412.15204; THUDM/LongBench @2e00731, pred.py.</remarks>
public sealed class LongBenchV2Tasks : IEvalTaskFamily
{
    const string Questions = "longbench_v2/questions_without_context.jsonl";

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks { get; } =
    [
        new LongBenchV2Task("longbench-v2", "Hard questions on long texts", LongBenchV2Task.Sample, "0shot.txt"),
        new LongBenchV2Thinking("longbench-v2-cot"),
        new LongBenchV2Task("longbench-v2-no-context", "Hard questions without their texts", Questions, "0shot_no_context.txt"),
    ];
}
