using System.Text.RegularExpressions;

namespace Farsight.Alignment.Corpus;

/// <summary>Undoes the hard line breaks of plain-text books, which would cut sentences for a tokenizer.</summary>
public static partial class WrappedLines
{
    /// <summary>Makes a space of every single line break; empty lines keep separating paragraphs.</summary>
    public static string Join(string text) => SingleBreak().Replace(text.ReplaceLineEndings("\n"), " ");

    // A break with text on both sides; indentation of the next line goes with it.
    [GeneratedRegex(@"(?<=\S)[ \t]*\n[ \t]*(?=\S)")]
    private static partial Regex SingleBreak();
}
