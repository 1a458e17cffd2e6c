using System.Text.RegularExpressions;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Separates a document from the question that follows it in the same turn.</summary>
/// <remarks>
/// long-llm-data writes a label ("Story:"), an empty line, the document, an empty line and the first question; or the document
/// between two lines of dashes. LongAlpaca writes a sentence that asks to memorize, the document, "Now the paper ends." and the
/// question. The authors of LOGO take the last paragraph for the question as well, and drop it; here it is kept with its answer.
/// </remarks>
static partial class DocumentTurns
{
    // A paragraph longer than this is prose; the questions of these data sets are a few lines.
    const int LongestQuestion = 1500;

    /// <summary>Splits a conversation into a document and its questions.</summary>
    /// <param name="turns">Roles "user" and "assistant", in order.</param>
    /// <returns>Document, questions, and whether the first turn holds a document.</returns>
    internal static (string Text, IReadOnlyList<QuestionAnswer> Questions, bool IsDocument) Split(
        IReadOnlyList<(string Role, string Text)> turns)
    {
        if (turns.Count == 0 || turns[0].Role != "user")
        {
            return ("", [], false);
        }
        (string text, string question) = Parts(turns[0].Text);
        bool isAnswered = turns.Count > 1 && turns[1].Role == "assistant";
        List<QuestionAnswer> questions = [.. isAnswered ? Ask(question, turns[1].Text) : []];
        for (int i = 1; i + 1 < turns.Count; i++)
        {
            if (turns[i].Role == "user" && turns[i + 1].Role == "assistant")
            {
                questions.AddRange(Ask(turns[i].Text, turns[i + 1].Text));
            }
        }
        // Without a question of its own the turn is a document only if later turns ask about it.
        return (text, questions, question.Length > 0 || questions.Count > 0);
    }

    /// <summary>Splits an instruction into a document and the question about it.</summary>
    internal static (string Text, IReadOnlyList<QuestionAnswer> Questions, bool IsDocument) SplitInstruction(
        string instruction,
        string output)
    {
        (string text, string question) = Marked(instruction) ?? ("", "");
        return (text, Ask(question, output), text.Length > 0 && question.Length > 0);
    }

    /// <summary>Returns a question with its answer, or nothing if one of them is empty.</summary>
    internal static IReadOnlyList<QuestionAnswer> Ask(string question, string answer) =>
        string.IsNullOrWhiteSpace(question) || string.IsNullOrWhiteSpace(answer) ? [] : [new(question.Trim(), answer.Trim())];

    static (string Text, string Question) Parts(string turn) => Marked(turn) ?? Ruled(turn) ?? LastParagraph(turn);

    static (string, string)? Marked(string turn)
    {
        Match begin = Memorize().Match(turn), end = Ends().Match(turn); // the last one: two papers end twice
        if (!begin.Success || !end.Success || end.Index < begin.Index + begin.Length)
        {
            return null;
        }
        string question = turn[(end.Index + end.Length)..].Trim();
        const string Label = "Question:";
        question = question.StartsWith(Label, StringComparison.OrdinalIgnoreCase) ? question[Label.Length..].Trim() : question;
        return (turn[(begin.Index + begin.Length)..end.Index].Trim(), question);
    }

    static (string, string)? Ruled(string turn) => Rules().Match(turn) is { Success: true } ruled
        ? (ruled.Groups["document"].Value.Trim(), WithoutLead(ruled.Groups["question"].Value.Trim()))
        : null;

    static (string, string) LastParagraph(string turn)
    {
        string whole = turn.Trim();
        int at = whole.LastIndexOf("\n\n", StringComparison.Ordinal);
        string question = at < 0 ? "" : WithoutLead(whole[(at + 2)..].Trim());
        return question.Length is > 0 and <= LongestQuestion && at > question.Length
            ? (WithoutLabel(whole[..at].Trim()), question)
            : (WithoutLabel(whole), "");
    }

    static string WithoutLabel(string text) => LabelLine().Match(text) is { Success: true } label ? text[label.Length..] : text;

    /// <summary>Removes a first line that only announces the question.</summary>
    static string WithoutLead(string question)
    {
        int line = question.IndexOf('\n', StringComparison.Ordinal);
        return line > 0 && question[..line].TrimEnd().EndsWith(':') && !string.IsNullOrWhiteSpace(question[line..])
            ? question[line..].Trim()
            : question;
    }

    [GeneratedRegex(
        @"\A[^\n]{0,400}\bMemori[sz]e\b[^\n]{0,200}\n(\s*The (first )?(paper|material|book) begins\.)?",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Memorize();

    [GeneratedRegex(@"Now the (\w+ ){1,3}ends\.", RegexOptions.RightToLeft)]
    private static partial Regex Ends();

    [GeneratedRegex(@"\A[^\n]*\n-{4,}\r?\n(?<document>.*)\n-{4,}\r?\n(?<question>[^-].*)\z", RegexOptions.Singleline)]
    private static partial Regex Rules();

    [GeneratedRegex(@"\A[^\n]{1,60}:[ \t]*\r?\n\s*")]
    private static partial Regex LabelLine();
}
