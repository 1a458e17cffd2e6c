using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Benchmarks.Needles;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Fiction;

/// <summary>A question about one detail of an invented document: what the document says in one sentence, and nowhere else.</summary>
/// <remarks>
/// Version 1. Nothing is put into the text: the fact is part of the story. The score is 1 where the value asked for occurs in the
/// completion, whatever is around it; the right answer repeats the clause that states it.
/// </remarks>
public sealed class FictionSingle : IGeneratedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = FictionPrompt.Card("fiction/single", "One detail of an invented document", "value found");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => FictionPrompt.Each(setting, Card.Name, Candidates);

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => FictionPrompt.Score(example, completion);

    static IEnumerable<FictionCandidate> Candidates(ref SeededRandom random, FictionText text, int length)
    {
        StatedFact[] facts = [.. text.Facts];
        random.Shuffle<StatedFact>(facts);
        return facts.Select(f => new FictionCandidate(FictionQuery.Detail(f.Fact), f.Start, f.End));
    }
}
