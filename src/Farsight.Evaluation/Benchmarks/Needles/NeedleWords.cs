using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>One sentence with a two-word password hidden at a known depth in consecutive text.</summary>
/// <remarks>Version 1. As <see cref="NeedleSingle"/>, but the value is words, which other text contains too.</remarks>
public sealed class NeedleWords : IGeneratedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = NeedlePrompt.Card(
        "needle/words", "One needle of words",
        "gkamradt/LLMTest_NeedleInAHaystack @7b90d28; the template is our own",
        "whole answer exact");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(
            setting,
            Card.Name,
            (ref SeededRandom random, string id, double depth) =>
            {
                Needle needle = NeedleMaker.Make(ref random, NeedleKind.Password, NeedleSplit.Evaluation, new HashSet<string>());
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
