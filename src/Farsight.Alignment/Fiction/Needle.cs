namespace Farsight.Alignment.Fiction;

/// <summary>Represents an invented fact to insert into a document and ask for.</summary>
/// <param name="Kind">The template.</param>
/// <param name="Key">What the fact is about, as written in the sentence and the question: "lantern", "ring of Mira".</param>
/// <param name="Sentence">The sentence to insert; ends with a full stop, no white space around it.</param>
/// <param name="Question">Asks for the value and names the key.</param>
/// <param name="Answer">The gold answer; repeats the sentence word for word, so that answering is copying.</param>
/// <param name="Value">What is asked for; occurs exactly once in the sentence and in the answer.</param>
public sealed record Needle(NeedleKind Kind, string Key, string Sentence, string Question, string Answer, string Value)
{
    /// <summary>Gets the offset of the value in the sentence, in characters.</summary>
    public int ValueStart => Sentence.IndexOf(Value, StringComparison.Ordinal);

    /// <summary>Gets the offset of the value in the answer, in characters.</summary>
    public int AnswerValueStart => Answer.IndexOf(Value, StringComparison.Ordinal);
}
