namespace Farsight.Alignment.Synthesis;

/// <summary>Finds what a text is about, so that chunks and questions can be compared.</summary>
public interface IEntityRecognizer
{
    /// <summary>The entities of a text, each once, in a form in which equal ones are equal strings.</summary>
    IReadOnlySet<string> Entities(string text);
}
