using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>Three needles of different kinds, all asked for in one prompt.</summary>
/// <remarks>
/// Version 1. The first needle is at the cell's depth d, the others at d + (1 − d)·i/3, as gkamradt's multi-needle test
/// spreads them. The score is the share of the values that occur, as RULER's string_match_all; beside it "all": every one
/// of them. The right answer is the three sentences after each other.
/// </remarks>
public sealed class NeedleSeveral : IGeneratedTask
{
    static readonly NeedleKind[] s_kinds = [NeedleKind.MagicNumber, NeedleKind.Password, NeedleKind.Code];

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = NeedlePrompt.Card(
        "needle/several", "Three needles, all asked for",
        "arXiv:2404.06654 (niah_multiquery); gkamradt/LLMTest_NeedleInAHaystack @7b90d28 (multi-needle)",
        "share of values found");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(
            setting,
            Card.Name,
            (ref SeededRandom random, string id, double depth) =>
            {
                HashSet<string> inUse = [];
                List<PlacedNeedle> placed = [];
                foreach (NeedleKind kind in s_kinds)
                {
                    Needle needle = NeedleMaker.Make(ref random, kind, NeedleSplit.Evaluation, inUse);
                    inUse.UnionWith([needle.Key, needle.Value]);
                    placed.Add(new(needle, depth + (1 - depth) * placed.Count / s_kinds.Length));
                }
                return NeedlePrompt.Build(
                    ref random,
                    setting,
                    Card.Name,
                    id,
                    depth,
                    placed,
                    Joined(n => n.Question),
                    Joined(n => n.Answer),
                    [.. placed.Select(p => p.Needle.Value)]);

                string Joined(Func<Needle, string> part) => string.Join(' ', placed.Select(p => part(p.Needle)));
            });

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        double share = Metrics.TextMatch.ShareFound(completion, example.Details[NeedlePrompt.Values]);
        return new(share, new Dictionary<string, double> { ["all"] = share == 1 ? 1 : 0 });
    }
}
