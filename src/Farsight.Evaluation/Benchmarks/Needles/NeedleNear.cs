using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>
/// One needle at a known depth, and four of the same kind with near keys at random depths: "quiet lantern" beside "quiet harbor".
/// </summary>
/// <remarks>Version 1. All kinds of needles. Beside it "value": the right value occurs; "distractor": another needle's value
/// does.</remarks>
public sealed class NeedleNear : IGeneratedTask
{
    const int Needles = 5;
    const string Others = "others";

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = NeedlePrompt.OwnCard("needle/near", "One needle among four with near keys", "whole answer exact");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(
            setting,
            Card.Name,
            (ref SeededRandom random, string id, double depth) =>
            {
                IReadOnlyList<Needle> needles = NearNeedles.Make(
                    ref random,
                    random.Pick(NeedleMaker.Kinds),
                    NeedleSplit.Evaluation,
                    Needles);
                List<PlacedNeedle> placed = NeedlePrompt.Spread(ref random, needles, depth);
                return NeedlePrompt
                    .Build(ref random, setting, Card.Name, id, depth, placed, needles[0].Question, needles[0].Answer, [needles[0].Value])
                    .WithDetail(Others, [.. needles.Skip(1).Select(n => n.Value)]);
            });

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        EvalScore score = NeedlePrompt.Score(example, completion);
        double distractor = Metrics.TextMatch.ShareFound(completion, example.Details[Others]) > 0 ? 1 : 0;
        return score with { Beside = new Dictionary<string, double>(score.Beside) { ["distractor"] = distractor } };
    }
}
