using System.Text.RegularExpressions;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Represents a document and its questions.</summary>
/// <param name="Text">The document.</param>
/// <param name="Questions">The questions about it.</param>
/// <param name="IsDocument">Whether the record has a document: short instructions have none.</param>
/// <param name="LeftOut">A <see cref="LeftOutPart"/> for each part that is neither document nor question.</param>
readonly record struct SplitDocument(
    string Text, IReadOnlyList<QuestionAnswer> Questions, bool IsDocument, IReadOnlyList<string> LeftOut);

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
    /// <param name="conversation">All turns in order.</param>
    internal static SplitDocument Split(IReadOnlyList<(string Role, string Text)> conversation)
    {
        List<string> leftOut = [.. conversation.Where(t => t.Role == "system").Select(_ => LeftOutPart.SystemTurn)];
        (string Role, string Text)[] turns = [.. conversation.Where(t => t.Role != "system")];
        if (turns.Length == 0 || turns[0].Role != "user")
        {
            return new("", [], false, leftOut);
        }
        (string text, string question) = Parts(turns[0].Text);
        List<QuestionAnswer> questions = [];
        for (int i = 0; i < turns.Length; i++)
        {
            string asked = i == 0 ? question : turns[i].Text;
            bool isAnswered = i + 1 < turns.Length && turns[i + 1].Role == "assistant";
            switch (turns[i].Role)
            {
                case "user" when isAnswered && Ask(asked, turns[i + 1].Text) is [var pair]:
                    questions.Add(pair);
                    i++;
                    break;
                case "user":
                    leftOut.AddRange(string.IsNullOrWhiteSpace(asked) ? [] : [LeftOutPart.Unanswered]);
                    break;
                case "assistant":
                    leftOut.AddRange(string.IsNullOrWhiteSpace(turns[i].Text) ? [] : [LeftOutPart.Unasked]);
                    break;
                default:
                    leftOut.Add(LeftOutPart.OtherTurn);
                    break;
            }
        }
        // Without a question of its own the turn is a document only if later turns ask about it.
        return new(text, questions, question.Length > 0 || questions.Count > 0, leftOut);
    }

    /// <summary>Splits an instruction into a document and the question about it.</summary>
    internal static SplitDocument SplitInstruction(string instruction, string output)
    {
        (string text, string question) = Marked(instruction) ?? ("", "");
        return new(text, Ask(question, output), text.Length > 0 && question.Length > 0, []);
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
