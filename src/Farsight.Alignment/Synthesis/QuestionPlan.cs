namespace Farsight.Alignment.Synthesis;

/// <summary>Assigns a source of questions to each passage.</summary>
/// <param name="Rest">Source for passages without questions, or for all passages if <paramref name="UsesOwn"/> is false.</param>
/// <param name="UsesOwn">Whether passages with questions use their own.</param>
/// <param name="Name">Name in the settings: "own", "insert", "write", "own, insert", "own, write".</param>
public sealed record QuestionPlan(QuestionSource Rest, bool UsesOwn, string Name)
{
    /// <summary>Subject of questions about planted facts.</summary>
    internal const string Planted = "about invented facts that are planted into the documents";

    /// <summary>Returns the subject of the questions, for people: "about invented facts that are planted into the documents".</summary>
    /// <param name="name">The <see cref="Name"/> of a plan, as settings hold it.</param>
    public static string Describe(string name) => name switch
    {
        "own" => "that come with the documents",
        "insert" => Planted,
        "write" => "written by the model about the documents",
        "own, insert" => "that come with the documents; without any, about invented facts that are planted into the document",
        _ => "that come with the documents; without any, written by the model about the document",
    };

    /// <summary>Chooses the sources.</summary>
    /// <param name="subject">The requested subject; null lets the documents decide.</param>
    /// <param name="passages">The documents.</param>
    /// <param name="rest">Source for passages without questions if the documents decide.</param>
    /// <param name="needsAnswers">Whether only questions with a known answer are of use, so that the model writes none where documents come
    /// with questions.</param>
    internal static QuestionPlan Of(
        QuestionSubject? subject, IReadOnlyList<Passage> passages, QuestionSource rest, bool needsAnswers = false)
    {
        int with = passages.Count(p => p.Questions.Count > 0);
        bool usesOwn = with > 0 && subject != QuestionSubject.Planted;
        bool isAllOwn = usesOwn && (with == passages.Count || subject == QuestionSubject.Document && needsAnswers);
        QuestionSource source = isAllOwn ? QuestionSource.Own : subject switch
        {
            QuestionSubject.Planted => QuestionSource.Insert,
            QuestionSubject.Document => QuestionSource.Write,
            _ => rest,
        };
        return new(source, usesOwn, usesOwn && !isAllOwn ? $"own, {NameOf(source)}" : NameOf(source));
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

/// <summary>Lists what questions can be about.</summary>
public enum QuestionSubject
{
    /// <summary>Invented facts that are planted into the context. The right answer is known, and a small model can give it.</summary>
    Planted,

    /// <summary>The document: the questions that come with it, or else questions that the model writes.</summary>
    Document,
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
