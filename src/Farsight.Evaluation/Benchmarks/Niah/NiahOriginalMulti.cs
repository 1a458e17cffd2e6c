using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Niah;

/// <summary>
/// Represents the first needle test with three needles that answer one question, spread from a depth to the end by the original's rule.
/// </summary>
/// <remarks>Version 1. The needles are of our own invention; the score is the share of their values that the response names.</remarks>
sealed class NiahOriginalMulti : IGeneratedTask
{
    const string Question = "Which three herbs hang over the door of the lighthouse keeper of Varn?";
    const int StandardSamples = 1;

    static readonly string[] s_herbs = ["lovage", "wormwood", "fennel"];

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "niah_original_multi",
            1,
            "The first needle test, three needles",
            "gkamradt/LLMTest_NeedleInAHaystack @7b90d28",
            "share of values named",
            0)
        {
            Benchmark = "niah",
            Suites = ["long"],
            IsPerLength = true,
            Data = [NiahContext.EssayFolder],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        NiahContext context = new(setting, Card.Name);
        foreach (double depth in setting.Depths)
        {
            for (int i = 0; i < setting.SamplesOr(StandardSamples); i++)
            {
                // Another order each time: which needle lies deepest is all that there is to vary.
                string[] herbs = [.. s_herbs.Skip(i % s_herbs.Length), .. s_herbs.Take(i % s_herbs.Length)];
                yield return context.Example(
                    [.. herbs.Select(h => $" Over the door of the lighthouse keeper of Varn hangs {h}. ")],
                    depth,
                    i,
                    Question,
                    herbs);
            }
        }
    }

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => setting.Depths.Count * setting.SamplesOr(StandardSamples);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        new(RulerMatch.All(RulerMatch.Prepare(completion), example.References));
}
