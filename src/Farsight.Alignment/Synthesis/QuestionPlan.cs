using Farsight.Engine;

namespace Farsight.Alignment.Synthesis;

/// <summary>Which source serves which passage.</summary>
/// <param name="Rest">For passages that bring no question, or for all where <paramref name="UsesOwn"/> is false.</param>
/// <param name="UsesOwn">Passages that bring questions are asked these.</param>
/// <param name="Name">As it stands in the settings: "own", "insert", "write", "own, insert", "own, write".</param>
sealed record QuestionPlan(QuestionSource Rest, bool UsesOwn, string Name)
{
    /// <summary>What was asked for; or, where nothing was, what the documents allow.</summary>
    /// <param name="asked">Null to let the documents decide.</param>
    /// <param name="passages">The documents.</param>
    /// <param name="rest">For passages without questions when the documents decide.</param>
    /// <exception cref="InputException">The documents' own questions are wanted and there are none.</exception>
    internal static QuestionPlan Of(QuestionSource? asked, IReadOnlyList<Passage> passages, QuestionSource rest)
    {
        int with = passages.Count(p => p.Questions.Count > 0);
        return asked switch
        {
            QuestionSource.Own when with == 0 => throw new InputException(
                "The documents bring no questions; use --questions insert or write."),
            QuestionSource.Own => new(QuestionSource.Own, true, "own"),
            { } source => new(source, false, NameOf(source)),
            null when with == 0 => new(rest, false, NameOf(rest)),
            null when with == passages.Count => new(QuestionSource.Own, true, "own"),
            null => new(rest, true, $"own, {NameOf(rest)}"),
        };
    }

    /// <summary>The source for a passage.</summary>
    internal QuestionSource For(Passage passage) => UsesOwn && passage.Questions.Count > 0 ? QuestionSource.Own : Rest;

    static string NameOf(QuestionSource source) => source switch
    {
        QuestionSource.Own => "own",
        QuestionSource.Insert => "insert",
        _ => "write",
    };
}
