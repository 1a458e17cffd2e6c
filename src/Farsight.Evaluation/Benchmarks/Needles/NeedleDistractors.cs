using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>One needle at a known depth, and three of the same kind with other keys and values at random depths.</summary>
/// <remarks>Version 1. As RULER's niah_multikey_1: four keys, one is asked for. Differs as <see cref="NeedleSingle"/> does.</remarks>
public sealed class NeedleDistractors : IGeneratedTask
{
    const int Distractors = 3;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = NeedlePrompt.Card(
        "needle/distractors", "One needle among three distractors",
        "arXiv:2404.06654 (niah_multikey_1)",
        "whole answer exact");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(setting, Card.Name, (ref SeededRandom random, string id, double depth) =>
        {
            Needle needle = NeedleMaker.Make(ref random, NeedleKind.MagicNumber, NeedleSplit.Evaluation, new HashSet<string>());
            List<PlacedNeedle> placed = [new(needle, depth)];
            foreach (Needle other in NeedleMaker.Distractors(ref random, needle, NeedleSplit.Evaluation, Distractors))
            {
                placed.Add(new(other, random.NextDouble()));
            }
            return NeedlePrompt.Build(ref random, setting, Card.Name, id, depth, placed, needle.Question, needle.Answer, [needle.Value]);
        });

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => NeedlePrompt.Score(example, completion);
}
