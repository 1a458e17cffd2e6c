using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Benchmarks.Needles;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Fiction;

/// <summary>A summary of what an invented document says about one person, town or thing, measured by the facts in it.</summary>
/// <remarks>
/// Version 1. The score is recall: the share of the values of all facts about the subject that occur in the completion, whatever
/// else it says within its room. There are two to eight of them, often in several paragraphs; the stretch from the first to the last
/// lies at the cell's depth. No judge is asked and style counts for nothing, so a list of facts is as good as prose.
/// </remarks>
public sealed class FictionSummary : IGeneratedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        FictionPrompt.Card("fiction/summary", "What an invented document says about a subject", "share of facts found");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => FictionPrompt.Each(setting, Card.Name, Candidates);

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => FictionPrompt.Score(example, completion);

    static IEnumerable<FictionCandidate> Candidates(ref SeededRandom random, FictionText text, int length)
    {
        StatedFact[][] subjects = [.. text.Facts.GroupBy(f => f.Fact.Subject).Select(g => g.ToArray()).Where(g => g.Length > 1)];
        random.Shuffle<StatedFact[]>(subjects);
        return subjects.Select(s => new FictionCandidate(FictionQuery.Summary([.. s.Select(f => f.Fact)]), s[0].Start, s[^1].End));
    }
}
