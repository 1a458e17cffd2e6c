using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>One "magic number" sentence hidden at a known depth in consecutive text.</summary>
/// <remarks>
/// Version 1. Differs from the sources: keys are of the evaluation split, never seen in training; numbers have 5 to 7
/// digits; the prompt is the model's own chat format; the whole answer must be exact, where RULER asks that the number
/// occurs (that is the metric "value").
/// </remarks>
public sealed class NeedleSingle : IGeneratedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = NeedlePrompt.Card(
        "needle/single", "One needle",
        "gkamradt/LLMTest_NeedleInAHaystack @7b90d28; arXiv:2404.06654 (niah_single_2)",
        "whole answer exact");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(
            setting,
            Card.Name,
            (ref SeededRandom random, string id, double depth) =>
            {
                Needle needle = NeedleMaker.Make(ref random, NeedleKind.MagicNumber, NeedleSplit.Evaluation, new HashSet<string>());
                return NeedlePrompt.Build(
                    ref random,
                    setting,
                    Card.Name,
                    id,
                    depth,
                    [new(needle, depth)],
                    needle.Question,
                    needle.Answer,
                    [needle.Value]);
            });

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => NeedlePrompt.Score(example, completion);
}
