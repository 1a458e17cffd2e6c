using Farsight.Alignment.Documents;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Evaluation.Tasks;

/// <summary>One "magic number" sentence hidden at a known depth in consecutive text.</summary>
/// <remarks>
/// Version 1. Differs from the sources: keys are of the evaluation split, never seen in training; numbers have 5 to 7
/// digits; the prompt is the model's own chat format; the whole answer must be exact, where RULER asks that the number
/// occurs (that is the metric "value").
/// </remarks>
public sealed class NeedleSingle : IEvalTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        Name: "needle/single", Version: 1, Title: "One needle",
        Source: "gkamradt/LLMTest_NeedleInAHaystack @7b90d28; arXiv:2404.06654 (niah_single_2)",
        Metric: "whole answer exact", Chance: 0);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(setting, Card.Name, (ref SeededRandom random, string id, double depth) =>
        {
            Needle needle = NeedleMaker.Make(ref random, NeedleKind.MagicNumber, NeedleSplit.Evaluation, new HashSet<string>());
            return NeedlePrompt.Build(ref random, setting, id, depth, [new(needle, depth)], needle.Question, needle.Answer, [needle.Value]);
        });

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => NeedlePrompt.Score(example, completion);
}
