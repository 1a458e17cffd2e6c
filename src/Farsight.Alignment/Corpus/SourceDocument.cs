using System.Text.RegularExpressions;
using Farsight.Alignment.Corpus.Formats;

namespace Farsight.Alignment.Corpus;

/// <summary>Represents one document of a corpus.</summary>
/// <param name="Id">Where it came from: the path relative to the corpus, with <c>#line</c> for a line of
/// a .jsonl file. Never an absolute path.</param>
/// <param name="Text">The whole text, not empty.</param>
/// <param name="Questions">The questions that came with it; often none.</param>
public sealed record SourceDocument(string Id, string Text, IReadOnlyList<QuestionAnswer> Questions)
{
    /// <summary>Gets where the pages or sections of the file begin in the text; empty for formats without them.</summary>
    public IReadOnlyList<TextMark> Marks { get; init; } = [];
}

/// <summary>Represents a question that a document answers.</summary>
/// <param name="Question">The question as a user would type it.</param>
/// <param name="Answer">The gold answer.</param>
public sealed record QuestionAnswer(string Question, string Answer);

/// <summary>Removes hard line breaks from plain-text books, which would split sentences for a tokenizer.</summary>
public static partial class WrappedLines
{
    /// <summary>Replaces every single line break by a space. Empty lines still separate paragraphs.</summary>
    public static string Join(string text) => SingleBreak().Replace(text.ReplaceLineEndings("\n"), " ");

    // A break with text on both sides; indentation of the next line goes with it.
    [GeneratedRegex(@"(?<=\S)[ \t]*\n[ \t]*(?=\S)")]
    private static partial Regex SingleBreak();
}
