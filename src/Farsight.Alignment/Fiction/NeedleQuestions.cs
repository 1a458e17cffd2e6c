namespace Farsight.Alignment.Fiction;

/// <summary>Questions about needles that are not answered by one sentence of the text, and what is right to say.</summary>
public static class NeedleQuestions
{
    /// <summary>The answer to a question whose answer is not in the text.</summary>
    public const string Refusal = "The text does not say.";

    /// <summary>Asks for all facts of a kind.</summary>
    public static string List(NeedleKind kind) => kind switch
    {
        NeedleKind.MagicNumber => "What are all the special magic numbers?",
        NeedleKind.Password => "What are all the passwords?",
        NeedleKind.HiddenThing => "Where are all the things hidden?",
        NeedleKind.Code => "What are all the codes?",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The answer to <see cref="List(NeedleKind)"/>: the sentences of the facts.</summary>
    /// <param name="needles">In the order of the text.</param>
    public static string List(IEnumerable<Needle> needles) => string.Join(' ', needles.Select(n => n.Sentence));
}
