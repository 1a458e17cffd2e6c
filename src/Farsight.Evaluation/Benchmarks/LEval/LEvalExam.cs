using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LEval;

/// <summary>Computes the exact match of L-Eval's closed tasks (An et al. 2023), and reads answers from completions.</summary>
static partial class LEvalExam
{
    static readonly string[] s_codePhrases = ["will be", "of the code", "is", "would be", "the value of", "the result of", "printed"];

    /// <summary>
    /// Returns what is compared of a completion and of the reference, by task: coursera, quality, tpo, gsm100, codeU; everything for other
    /// tasks.
    /// </summary>
    public static (string Prediction, string Reference) Process(
        string task,
        string completion,
        string reference,
        MetricMode mode = MetricMode.Official
    ) =>
        task switch
        {
            "coursera" or "quality" or "tpo" => (Letters(completion, several: task == "coursera", mode), ReferenceLetters(reference)),
            "gsm100" => (Number(completion), Number(reference)),
            "codeU" => (CodeOutput(completion, reference), Code(reference)),
            _ => (completion, reference),
        };

    /// <summary>Computes <see cref="ExactMatch"/> of the texts that <see cref="Process"/> returns.</summary>
    public static double Score(string task, string completion, string reference, MetricMode mode = MetricMode.Official)
    {
        (string prediction, string answer) = Process(task, completion, reference, mode);
        return ExactMatch(prediction, answer);
    }

    /// <summary>
    /// Compares two texts. A reference of letters A to D scores 1 for the same letters and 0.25 when some are missing and none is wrong.
    /// Other references score 1 for equal numbers, or when the reference occurs, ignoring case and spaces. Everything else scores 0.
    /// </summary>
    public static double ExactMatch(string prediction, string reference)
    {
        string said = AnswerText.NormalizeKeepingCase(prediction);
        string right = AnswerText.NormalizeKeepingCase(reference);
        if (right.All(c => c is >= 'A' and <= 'D'))
        {
            return said == right ? 1 : said.All(right.Contains) ? 0.25 : 0;
        }
        return PythonNumbers.TryParseFloat(prediction, out double value) && PythonNumbers.TryParseFloat(reference, out double number)
            ? (value == number ? 1 : 0)
            : Compact(prediction).Contains(Compact(reference), StringComparison.Ordinal) ? 1 : 0;
    }

    /// <summary>Returns the letters of a multiple-choice answer. Official: "A" when none is found. Clean: none.</summary>
    /// <param name="completion">The generated text.</param>
    /// <param name="several">Whether several letters can be right (coursera); else the first letter A to D anywhere counts.</param>
    /// <param name="mode">With the official guess or without.</param>
    public static string Letters(string completion, bool several, MetricMode mode = MetricMode.Official)
    {
        if (PythonStrings.Strip(completion).Length == 0)
        {
            return "None";
        }
        if ("ABCD".Contains(completion, StringComparison.Ordinal))
        {
            return completion;
        }
        if (!several && completion.IndexOfAny(['A', 'B', 'C', 'D']) is >= 0 and int first)
        {
            return completion[first].ToString();
        }
        int leading = completion.TakeWhile(IsLetter).Count();
        string rest = PythonStrings.Before(completion[leading..], "Question");
        string letters =
            completion[..leading] + (leading > 1 ? "" : string.Concat(Marked().Matches(rest).SelectMany(m => m.Value.Where(IsLetter))));
        string firstRun = string.Concat(rest.SkipWhile(c => !IsLetter(c)).TakeWhile(IsLetter));
        return letters.Length > 0 ? string.Concat(letters.Distinct().Order())
            : firstRun.Length == 0 && mode == MetricMode.Official ? "A"
            : firstRun;
    }

    /// <summary>Returns the letters of a reference's first word; "A" when it has none.</summary>
    public static string ReferenceLetters(string reference)
    {
        string letters = string.Concat((PythonStrings.Split(reference).FirstOrDefault() ?? "").Where(IsLetter));
        return letters.Length == 0 ? "A" : letters;
    }

    /// <summary>
    /// Returns the digits, up to a '.', of the text after "The answer is", else of the last word with a digit in the first paragraph.
    /// </summary>
    public static string Number(string text)
    {
        Match match = TheAnswerIs().Match(text);
        string word = match.Success ? match.Groups[1].Value
            : PythonStrings.Before(text, "\n\n").Split(' ').LastOrDefault(w => w.EnumerateRunes().Any(PythonCharacters.IsDigit)) ?? "";
        return string.Concat(PythonStrings.Before(word, ".").EnumerateRunes().Where(PythonCharacters.IsDigit).Select(r => r.ToString()));
    }

    /// <summary>
    /// Returns the first word with "true" or "false" before "[fact:" and after it (sci_fi); "&lt;error&gt;" when none is found.
    /// </summary>
    public static (string Loyalty, string Fact) Judgment(string completion)
    {
        string[] parts = PythonStrings.Lower(completion).Split("[fact:");
        return (TrueOrFalse(parts[0]), TrueOrFalse(parts.Length > 1 && parts[1].Length > 0 ? parts[1][..^1] : ""));
    }

    /// <summary>Returns the two parts of a sci_fi reference such as "True [fact: False]".</summary>
    public static (string Loyalty, string Fact) ReferenceJudgment(string reference)
    {
        string[] parts = PythonStrings.Lower(reference).Split("[fact:");
        return (PythonStrings.Strip(parts[0]), parts.Length > 1 && parts[1].Length > 0 ? PythonStrings.Strip(parts[1][..^1]) : "");
    }

    static string CodeOutput(string completion, string reference)
    {
        int words = PythonStrings.Split(reference).Count + 3;
        string text = s_codePhrases.Aggregate(Code(completion), (t, phrase) => t.Replace(phrase, "", StringComparison.Ordinal));
        int final = text.LastIndexOf("the final output", StringComparison.Ordinal);
        string[] pieces = WhiteSpacePieces(final < 0 ? text : text[(final + "the final output".Length)..]);
        return string.Join(' ', final < 0 ? pieces.TakeLast(words) : pieces.Take(words));
    }

    static string Code(string text)
    {
        (string Old, string New)[] replacements =
        [
            (",", ""),
            ("'", ""),
            ("\\", ""),
            (".0", ""),
            ("] [", "]["),
            ("[ [", "[["),
            ("] ]", "]]"),
        ];
        return replacements.Aggregate(
            string.Join(' ', WhiteSpacePieces(text)),
            (t, r) => t.Replace(r.Old, r.New, StringComparison.Ordinal));
    }

    // Pieces between runs of white space; an empty one before white space at the start, and after it at the end.
    static string[] WhiteSpacePieces(string text)
    {
        List<string> pieces = PythonStrings.Split(text);
        if (pieces.Count == 0)
        {
            return text.Length == 0 ? [""] : ["", ""];
        }
        return
        [
            .. PythonCharacters.IsSpace(text[0]) ? [""] : Array.Empty<string>(),
            .. pieces,
            .. PythonCharacters.IsSpace(text[^1]) ? [""] : Array.Empty<string>(),
        ];
    }

    static string TrueOrFalse(string text) => PythonStrings.Split(text)
        .Select(w => w.Contains("true", StringComparison.Ordinal) ? "true" : w.Contains("false", StringComparison.Ordinal) ? "false" : "")
        .FirstOrDefault(w => w.Length > 0, "<error>");

    static string Compact(string text) => PythonStrings.Lower(text).Replace(" ", "", StringComparison.Ordinal);

    static bool IsLetter(char c) => c is >= 'A' and <= 'D';

    [GeneratedRegex(@"[A-Z](?=[\s\x1c-\x1f.)])")]
    private static partial Regex Marked();

    [GeneratedRegex(@"The answer is ([^\s\x1c-\x1f]+)")]
    private static partial Regex TheAnswerIs();
}
