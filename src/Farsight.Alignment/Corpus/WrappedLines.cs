using System.Text.RegularExpressions;

namespace Farsight.Alignment.Corpus;

/// <summary>Removes hard line breaks from plain-text books, which would split sentences for a tokenizer.</summary>
public static partial class WrappedLines
{
    /// <summary>Replaces every single line break by a space. Empty lines still separate paragraphs.</summary>
    public static string Join(string text) => SingleBreak().Replace(text.ReplaceLineEndings("\n"), " ");

    // A break with text on both sides; indentation of the next line goes with it.
    [GeneratedRegex(@"(?<=\S)[ \t]*\n[ \t]*(?=\S)")]
    private static partial Regex SingleBreak();
}
