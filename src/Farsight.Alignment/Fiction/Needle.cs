namespace Farsight.Alignment.Fiction;

/// <summary>Represents a generated fact to insert into a document and ask for.</summary>
/// <param name="Kind">The template.</param>
/// <param name="Key">Subject of the fact, as written in the sentence and the question: "lantern", "ring of Mira".</param>
/// <param name="Sentence">The sentence to insert; ends with a full stop and has no surrounding white space.</param>
/// <param name="Question">Asks for the value and names the key.</param>
/// <param name="Answer">The gold answer; repeats the sentence word for word, so that answering is copying.</param>
/// <param name="Value">The requested value; occurs exactly once in the sentence and in the answer.</param>
public sealed record Needle(NeedleKind Kind, string Key, string Sentence, string Question, string Answer, string Value)
{
    /// <summary>Gets the offset of the value in the sentence, in characters.</summary>
    internal int ValueStart => Sentence.IndexOf(Value, StringComparison.Ordinal);
}

/// <summary>Specifies the template of a needle sentence and the form of its key and value.</summary>
public enum NeedleKind
{
    /// <summary>The special magic number for KEY is 4821907. (5 to 7 digits)</summary>
    MagicNumber,

    /// <summary>The password of NAME is amber falcon. (two words)</summary>
    Password,

    /// <summary>The THING of NAME is hidden in TOWN.</summary>
    HiddenThing,

    /// <summary>The code of the ADJECTIVE NOUN is 4821. (3 or 4 digits)</summary>
    Code,
}

/// <summary>Specifies which half of the key words a needle may use. Training and evaluation keys share no word.</summary>
public enum NeedleSplit
{
    /// <summary>Keys for pre-training and for preference data.</summary>
    Training,

    /// <summary>Keys for evaluation; not used in training.</summary>
    Evaluation,
}
