namespace Farsight.Alignment.Fiction;

/// <summary>Creates questions about needles that no single sentence answers, and their correct answers.</summary>
public static class NeedleQuestions
{
    /// <summary>The correct answer if the text does not contain one.</summary>
    public const string Refusal = "The text does not say.";

    /// <summary>Returns a question for all facts of one kind.</summary>
    public static string List(NeedleKind kind) => kind switch
    {
        NeedleKind.MagicNumber => "What are all the special magic numbers?",
        NeedleKind.Password => "What are all the passwords?",
        NeedleKind.HiddenThing => "Where are all the things hidden?",
        NeedleKind.Code => "What are all the codes?",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Returns the answer to <see cref="List(NeedleKind)"/>: the sentences of the facts.</summary>
    /// <param name="needles">Needles in text order.</param>
    public static string List(IEnumerable<Needle> needles) => string.Join(' ', needles.Select(n => n.Sentence));
}
