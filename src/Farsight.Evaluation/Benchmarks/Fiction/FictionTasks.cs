using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Benchmarks.Needles;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Fiction;

/// <summary>Represents the tasks on generated documents: one detail, two details at once, and a summary of a subject.</summary>
/// <remarks>
/// Version 1 of each. Nothing is inserted into the text: the facts are part of the story. The score is the share of the values that occur
/// in the completion, whatever else it says. "all" is 1 when every value occurs, "exact" when the answer matches word for word.
/// <list type="bullet">
/// <item>fiction/single: one detail, which the document states in one sentence and nowhere else.</item>
/// <item>fiction/multi: two details about different subjects. The first lies at the cell's depth, the other anywhere in the text.</item>
/// <item>fiction/summary: all facts about one person, town or thing. There are two to eight of them, often in several
/// paragraphs; the span from the first to the last lies at the cell's depth. No judge is asked and style does not count,
/// so a list of facts is as good as prose.</item>
/// </list>
/// </remarks>
sealed class FictionTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks { get; } =
    [
        new FictionTask("fiction/single", "One detail of a generated document", "value found", Details),
        new FictionTask("fiction/multi", "Two details of a generated document", "share of values found", Pairs),
        new FictionTask("fiction/summary", "Summary of a subject of a generated document", "share of facts found", Summaries),
    ];

    static IEnumerable<FictionCandidate> Details(ref SeededRandom random, FictionText text, int length)
    {
        StatedFact[] facts = [.. text.Facts];
        random.Shuffle<StatedFact>(facts);
        return facts.Select(f => new FictionCandidate(FictionQuery.Detail(f.Fact), f.Start, f.End));
    }

    static IEnumerable<FictionCandidate> Pairs(ref SeededRandom random, FictionText text, int length)
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

    static IEnumerable<FictionCandidate> Summaries(ref SeededRandom random, FictionText text, int length)
    {
        StatedFact[][] subjects = [.. text.Facts.GroupBy(f => f.Fact.Subject).Select(g => g.ToArray()).Where(g => g.Length > 1)];
        random.Shuffle<StatedFact[]>(subjects);
        return subjects.Select(s => new FictionCandidate(FictionQuery.Summary([.. s.Select(f => f.Fact)]), s[0].Start, s[^1].End));
    }
}

/// <summary>Represents one row of the table of tasks on generated documents.</summary>
/// <param name="name">The task's name.</param>
/// <param name="title">The title.</param>
/// <param name="metric">Name of the score.</param>
/// <param name="candidates">Yields the questions that a document allows.</param>
sealed class FictionTask(string name, string title, string metric, FictionPrompt.CandidateMaker candidates) : IGeneratedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = FictionPrompt.Card(name, title, metric);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => FictionPrompt.Each(setting, name, candidates);

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => FictionPrompt.Score(example, completion);
}
