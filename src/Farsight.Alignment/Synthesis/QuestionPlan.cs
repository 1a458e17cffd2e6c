using Farsight.Engine;

namespace Farsight.Alignment.Synthesis;

/// <summary>Assigns a source of questions to each passage.</summary>
/// <param name="Rest">Source for passages without questions, or for all passages if <paramref name="UsesOwn"/> is false.</param>
/// <param name="UsesOwn">Whether passages with questions use their own.</param>
/// <param name="Name">Name in the settings: "own", "insert", "write", "own, insert", "own, write".</param>
public sealed record QuestionPlan(QuestionSource Rest, bool UsesOwn, string Name)
{
    /// <summary>Chooses the sources.</summary>
    /// <param name="asked">The requested source; null lets the documents decide.</param>
    /// <param name="passages">The documents.</param>
    /// <param name="rest">Source for passages without questions if the documents decide.</param>
    /// <exception cref="OptionException">The documents' own questions are requested, and there are none.</exception>
    internal static QuestionPlan Of(QuestionSource? asked, IReadOnlyList<Passage> passages, QuestionSource rest)
    {
        int with = passages.Count(p => p.Questions.Count > 0);
        return asked switch
        {
            QuestionSource.Own when with == 0 => throw new OptionException(
                "questions", "is own, and the documents have no questions; use insert or write."),
            QuestionSource.Own => new(QuestionSource.Own, true, "own"),
            { } source => new(source, false, NameOf(source)),
            null when with == 0 => new(rest, false, NameOf(rest)),
            null when with == passages.Count => new(QuestionSource.Own, true, "own"),
            null => new(rest, true, $"own, {NameOf(rest)}"),
        };
    }

    /// <summary>Returns the source for a passage.</summary>
    internal QuestionSource For(Passage passage) => UsesOwn && passage.Questions.Count > 0 ? QuestionSource.Own : Rest;

    static string NameOf(QuestionSource source) => source switch
    {
        QuestionSource.Own => "own",
        QuestionSource.Insert => "insert",
        _ => "write",
    };
}

/// <summary>Lists the sources of questions.</summary>
public enum QuestionSource
{
    /// <summary>The question came with the document.</summary>
    Own,

    /// <summary>Generated facts are inserted into the context, and the question asks for one of them.</summary>
    Insert,

    /// <summary>The model writes the question about drawn chunks.</summary>
    Write,
}
