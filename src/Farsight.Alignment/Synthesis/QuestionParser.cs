using System.Text.RegularExpressions;
using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Parses "Question: … Answer: …" in the variants that models write, and reports why a question cannot be used.
/// </summary>
static partial class QuestionParser
{
    const int MinWords = 4, MaxWords = 60; // of a question

    /// <summary>Parses a question and its answer.</summary>
    /// <param name="text">Output of the model.</param>
    /// <param name="origin">The requested kind.</param>
    internal static WrittenQuestion Read(string text, QuestionOrigin origin)
    {
        Match match = Form().Match(text);
        if (!match.Success)
        {
            return WrittenQuestion.Bad(DropReason.QuestionUnparsed);
        }
        string question = Plain(match.Groups[1].Value), answer = Plain(match.Groups[2].Value);
        string? fault = FaultOf(question, answer, origin);
        return new(question, answer, fault);
    }

    static string? FaultOf(string question, string answer, QuestionOrigin origin)
    {
        int words = Spaces().Count(question) + 1;
        return words < MinWords ? DropReason.QuestionTooShort
            : words > MaxWords ? DropReason.QuestionTooLong
            : answer.Length == 0 ? DropReason.QuestionUnanswered
            : origin != QuestionOrigin.Summary && !question.Contains('?', StringComparison.Ordinal) ? DropReason.QuestionIsNone
            : SpeaksOfText().IsMatch(question) ? DropReason.QuestionNeedsText
            : null;
    }

    /// <summary>Removes surrounding markup and line breaks.</summary>
    static string Plain(string text) => Spaces().Replace(text.Trim().Trim('*', '_', '"', '“', '”', '`', ' ', '\n', '\r', '\t'), " ");

    [GeneratedRegex(
        @"^[\s\d.#*_>()-]*question(?:\s*\d+)?[*_\s]*:(.+?)^[\s\d.#*_>()-]*answer(?:\s*\d+)?[*_\s]*:(.*?)(?=^[\s\d.#*_>()-]*question(?:\s*\d+)?[*_\s]*:|\z)",
        RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.CultureInvariant
    )]
    private static partial Regex Form();

    [GeneratedRegex(
        @"\b(?:the|this|that) (?:(?:above|given|provided|following) )?(?:text|passage|excerpt)\b|\baccording to the (?:author|document|paragraph|narrator)\b|\b(?:as|is|are) (?:mentioned|described|stated|told) above\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex SpeaksOfText();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
