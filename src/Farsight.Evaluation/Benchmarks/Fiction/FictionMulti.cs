using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Benchmarks.Needles;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Fiction;

/// <summary>Two questions at once about an invented document, about different things in different places.</summary>
/// <remarks>
/// Version 1. The detail asked for first lies at the cell's depth, the other one anywhere in the text. The score is the share of
/// the two values that occur in the completion; beside it "all": both of them.
/// </remarks>
public sealed class FictionMulti : IGeneratedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = FictionPrompt.Card("fiction/multi", "Two details of an invented document", "share of values found");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => FictionPrompt.Each(setting, Card.Name, Candidates);

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => FictionPrompt.Score(example, completion);

    static IEnumerable<FictionCandidate> Candidates(ref SeededRandom random, FictionText text, int length)
    {
        StatedFact[] first = [.. text.Facts], second = [.. text.Facts];
        random.Shuffle<StatedFact>(first);
        random.Shuffle<StatedFact>(second);
        return
            from f in first
            from s in second
            where Math.Max(f.End, s.End) - Math.Min(f.Start, s.Start) <= length && FictionQuery.Agree(f.Fact, s.Fact)
            select new FictionCandidate(FictionQuery.Pair(f.Fact, s.Fact), f.Start, f.End, s);
    }
}
