namespace Farsight.Alignment.Fiction;

/// <summary>Represents a generated long document whose facts are known.</summary>
/// <param name="Title">Title, also the first line of the text.</param>
/// <param name="Chapters">The chapters in order.</param>
/// <param name="Questions">One question for every fact that the text states, in the order of the text.</param>
/// <param name="Text">Title, chapter headings and paragraphs, separated by empty lines.</param>
public sealed record FictionDocument(
    string Title, IReadOnlyList<FictionChapter> Chapters, IReadOnlyList<FictionQuestion> Questions, string Text);

/// <summary>Represents a chapter of a generated document.</summary>
/// <param name="Number">Chapter number, counted from 1.</param>
/// <param name="Title">Title without the number.</param>
/// <param name="Paragraphs">Paragraphs without line breaks.</param>
public sealed record FictionChapter(int Number, string Title, IReadOnlyList<string> Paragraphs);

/// <summary>Represents a question about one fact of a generated document.</summary>
/// <param name="Question">The question, unique in the document.</param>
/// <param name="Answer">A short sentence; all of it, but for its first letter's case and the full stop,
/// stands in <paramref name="Support"/>.</param>
/// <param name="Value">The requested value; occurs once in the support and once in the answer.</param>
/// <param name="Support">The sentence that states the fact; occurs once in the text.</param>
/// <param name="Chapter">Number of the chapter that contains the support.</param>
/// <param name="Subject">Name of the person, town or thing; occurs in question, answer and support.</param>
public sealed record FictionQuestion(string Question, string Answer, string Value, string Support, int Chapter, string Subject)
{
    /// <summary>Gets the offset of the value in the support, in characters.</summary>
    public int ValueStart => Support.IndexOf(Value, StringComparison.Ordinal);
}
