using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.NeedleBench;

/// <summary>
/// Computes NeedleBench's scores (Li et al. 2024), from 0 to 100, and reads the answers of its ancestral trace challenge.
/// </summary>
static partial class NeedleBenchScore
{
    /// <summary>Computes version 2: 100 when the keyword occurs, else 0.</summary>
    public static double Version2(string prediction, string keyword) => prediction.Contains(keyword, StringComparison.Ordinal) ? 100 : 0;

    /// <summary>
    /// Computes version 1: 100 when the keyword occurs, else a fifth of the similarity 100 · (1 − distance / longer length).
    /// </summary>
    /// <param name="prediction">The generated text.</param>
    /// <param name="needle">The needle; white space is left out of both.</param>
    /// <param name="keyword">What must occur in the prediction as it is.</param>
    /// <param name="trim">Whether the prediction is cut near the needle's length, after its last character.</param>
    public static double Version1(string prediction, string needle, string keyword, bool trim = false)
    {
        if (prediction.Contains(keyword, StringComparison.Ordinal))
        {
            return 100;
        }
        string said = Compared(prediction, needle, trim);
        int longer = Math.Max(PythonStrings.Length(said), PythonStrings.Length(Compact(needle)));
        return longer == 0 ? 20 : 0.2 * (100 * (1 - ((double)Distance(prediction, needle, trim) / longer)));
    }

    /// <summary>Computes the Levenshtein distance that <see cref="Version1"/> uses.</summary>
    public static int Distance(string prediction, string needle, bool trim = false) =>
        EditDistance.Levenshtein(Compared(prediction, needle, trim), Compact(needle));

    /// <summary>
    /// Returns the answer of the ancestral trace challenge: the content of the last \boxed{…} without LaTeX, quotes and '~'; "None"
    /// without one.
    /// </summary>
    public static string TraceAnswer(string completion)
    {
        if (BoxedAnswer.Last(completion) is not { Length: > 0 } boxed)
        {
            return "None";
        }
        boxed = boxed.Length > 2 && boxed[0] == '{' && boxed[^1] == '}' && !boxed.Contains('\n') ? boxed[1..^1] : boxed;
        string text = SquareBracket().Replace(Boxed().Replace(PlainText().Replace(boxed, "$1"), "$1"), "");
        return PythonStrings.CollapseSpaces(text.Replace("\\", "", StringComparison.Ordinal))
            .Replace("\"", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal).Replace('~', ' ');
    }

    /// <summary>Returns 100 when that answer is the name, else 0. Case matters.</summary>
    public static double Trace(string completion, string name) =>
        PythonStrings.Strip(TraceAnswer(completion)) == PythonStrings.Strip(name) ? 100 : 0;

    /// <summary>
    /// Computes the score of version 1's multi-needle reasoning: the share, in percent, of the answer's words that the prediction contains,
    /// also inside other words.
    /// </summary>
    public static double Words(string prediction, string answer)
    {
        List<string> words = PythonStrings.Split(PythonStrings.Lower(answer));
        string said = PythonStrings.Lower(prediction);
        return words.Count == 0 ? 0 : words.Count(w => said.Contains(w, StringComparison.Ordinal)) * (100.0 / words.Count);
    }

    static string Compared(string prediction, string needle, bool trim) =>
        trim ? Trimmed(Compact(prediction), Compact(needle)) : Compact(prediction);

    static string Compact(string text) => string.Concat(PythonStrings.Split(text));

    static string Trimmed(string prediction, string needle)
    {
        int length = PythonStrings.Length(needle);
        int least = (int)(0.8 * length);
        string cut = PythonStrings.Take(prediction, (int)(1.2 * length));
        if (length == 0 || PythonStrings.Length(cut) <= least)
        {
            return cut;
        }
        string head = PythonStrings.Take(cut, least);
        string last = PythonCharacters.Before(needle, needle.Length).ToString();
        int end = cut.IndexOf(last, head.Length, StringComparison.Ordinal);
        return end < 0 ? cut : cut[..(end + last.Length)];
    }

    [GeneratedRegex(@"\\text\{([^}]+)\}")]
    private static partial Regex PlainText();

    [GeneratedRegex(@"\\boxed\{([^}]+)\}")]
    private static partial Regex Boxed();

    [GeneratedRegex(@"\\[\[\]]")]
    private static partial Regex SquareBracket();
}

/// <summary>Finds the final answer of a worked solution in LaTeX.</summary>
static class BoxedAnswer
{
    /// <summary>Returns the content of the last <c>\boxed{…}</c> with matched braces; null for none, or when it is never closed.</summary>
    public static string? Last(string text)
    {
        const string Command = @"\boxed{";
        int start = text.LastIndexOf(@"\boxed", StringComparison.Ordinal);
        if (start < 0 || !text.AsSpan(start).StartsWith(Command))
        {
            return null;
        }
        int depth = 1;
        for (int i = start + Command.Length; i < text.Length; i++)
        {
            depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (depth == 0)
            {
                return text[(start + Command.Length)..i];
            }
        }
        return null;
    }
}
