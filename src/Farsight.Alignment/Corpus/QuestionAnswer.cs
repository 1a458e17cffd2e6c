namespace Farsight.Alignment.Corpus;

/// <summary>Represents a question that a document answers.</summary>
/// <param name="Question">What is asked, as a user would type it.</param>
/// <param name="Answer">The gold answer.</param>
public sealed record QuestionAnswer(string Question, string Answer);
