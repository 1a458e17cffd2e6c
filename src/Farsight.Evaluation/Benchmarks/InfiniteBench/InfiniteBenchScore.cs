using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.InfiniteBench;

/// <summary>Computes InfiniteBench's scores (Zhang et al. 2024), from 0 to 1, by task name.</summary>
static partial class InfiniteBenchScore
{
    static readonly string[] s_choicePrefixes = ["answer is:", "answer:", "answer is", "option is"];
    static readonly string[] s_debugPrefixes = ["answer is:", "is:", "answer:", "correct option is:"];

    /// <summary>Computes the score of one prediction.</summary>
    /// <param name="task">The official name: passkey, kv_retrieval, longbook_qa_eng, ….</param>
    /// <param name="prediction">The generated text.</param>
    /// <param name="labels">The references as text; a number as it stands in the file. Choices and code_debug: text, then letter.</param>
    /// <param name="mode">Clean differs in longbook_choice_eng (<see cref="Choice"/>) and where
    /// <see cref="TokenF1.OfAnswers(string, string, MetricMode)"/> does.</param>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    public static double Score(string task, string prediction, IReadOnlyList<string> labels, MetricMode mode = MetricMode.Official) =>
        task switch
        {
            "passkey" or "number_string" => Truth(FirstNumber(prediction) == labels[0]),
            "kv_retrieval" => Truth(
                Words(prediction, "\n:\"'.,?!{}").Contains(labels[0], StringComparer.Ordinal)),
            "longdialogue_qa_eng" => Truth(
                Words(prediction, "\n:\"'.,?!{}").Select(w => w.ToUpperInvariant()).Contains(labels[0], StringComparer.Ordinal)),
            "longbook_sum_eng" => labels.Max(l => GoogleRouge.LSum(l, prediction).F1),
            "longbook_qa_eng" => TokenF1.OfAnswers(prediction, labels, mode).F1,
            "longbook_qa_chn" => TokenF1.OfCharacters(prediction, labels),
            "longbook_choice_eng" => Truth(Choice(prediction, labels, mode)),
            "math_find" => Truth(MathFind(prediction, labels[0])),
            "math_calc" => MathCalc(prediction, labels),
            "code_run" => Truth(CodeRun(prediction, labels[0])),
            "code_debug" => Truth(CodeDebug(prediction, labels[0], labels[1])),
            _ => throw new ArgumentException($"InfiniteBench has no task {task}.", nameof(task)),
        };

    /// <summary>Determines whether an En.MC prediction chooses one of the labels.</summary>
    /// <remarks>
    /// The first character, if it is A, B, C or D; else the whole text; else what follows the first of a list of phrases such as "answer
    /// is", one character left out; else the first word that is a part of "ABCD". Clean mode leaves out white space, not a character,
    /// after a phrase, and asks for a letter alone at the end.
    /// </remarks>
    public static bool Choice(string prediction, IReadOnlyList<string> labels, MetricMode mode = MetricMode.Official)
    {
        string text = PythonStrings.Strip(prediction);
        if (text.Length == 0 || text[0] is >= 'A' and <= 'D')
        {
            return text.Length > 0 && labels.Contains(text[..1], StringComparer.Ordinal);
        }
        if (labels.Contains(text, StringComparer.Ordinal))
        {
            return true;
        }
        text = Spaced(text, "\n", "\"", "'", ".", ",", "?", "!", "{", "}");
        if (After(text, s_choicePrefixes, mode) is { } rest)
        {
            return labels.Any(l => rest.StartsWith(l, StringComparison.Ordinal));
        }
        string? word = PythonStrings
            .Split(text)
            .FirstOrDefault(w =>
                mode == MetricMode.Official ? "ABCD".Contains(w, StringComparison.Ordinal) : w is "A" or "B" or "C" or "D");
        return word is not null && labels.Contains(word, StringComparer.Ordinal);
    }

    static double Truth(bool value) => value ? 1 : 0;

    static string FirstNumber(string text) => AsciiNumber().Match(text).Value;

    static List<string> Words(string text, string marks) =>
        PythonStrings.Split(string.Concat(text.Select(c => marks.Contains(c) ? ' ' : c)));

    static bool CodeRun(string prediction, string label) =>
        Words(prediction, "\n.`'\":") is [.., string last]
        && PythonNumbers.TryParseInt(last, out BigInteger said)
        && PythonNumbers.TryParseInt(label, out BigInteger right)
        && said == right;

    static bool CodeDebug(string prediction, string function, string letter)
    {
        string text = PythonStrings.Strip(prediction);
        if (text.StartsWith(letter + ".", StringComparison.Ordinal) || text.StartsWith(letter + ":", StringComparison.Ordinal))
        {
            return true;
        }
        text = Spaced(text, "\n", "`", "'", "\"", "-", "*", "Option", "option");
        return After(text, s_debugPrefixes, MetricMode.Official) is { } rest
            && (rest.StartsWith(letter, StringComparison.Ordinal) || rest.StartsWith(function, StringComparison.Ordinal));
    }

    // Null when no phrase occurs. A phrase at the very end leaves "\0", which nothing starts with.
    static string? After(string text, string[] phrases, MetricMode mode)
    {
        string? phrase = phrases.FirstOrDefault(p => text.Contains(p, StringComparison.Ordinal));
        if (phrase is null)
        {
            return null;
        }
        string rest = text[(text.IndexOf(phrase, StringComparison.Ordinal) + phrase.Length)..];
        return rest.Length == 0 ? "\0"
            : mode == MetricMode.Clean ? PythonStrings.StripStart(rest)
            : rest[PythonCharacters.At(rest, 0).Utf16SequenceLength..];
    }

    static string Spaced(string text, params ReadOnlySpan<string> pieces)
    {
        foreach (string piece in pieces)
        {
            text = text.Replace(piece, " ", StringComparison.Ordinal);
        }
        return Blanks().Replace(text, " ");
    }

    // A whole label requires a whole number; "9.5" for 9 makes the official program fail.
    static bool MathFind(string prediction, string label)
    {
        string said = Number().Match(prediction).Value;
        return label.Contains('.')
            ? PythonNumbers.TryParseFloat(said, out double value) && value == double.Parse(label, CultureInfo.InvariantCulture)
            : PythonNumbers.TryParseInt(said, out BigInteger whole) && whole == BigInteger.Parse(label, CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Computes Math.Calc's score: the share of the label's numbers that the prediction's first numbers match, up to the first difference.
    /// </summary>
    /// <param name="prediction">The generated text.</param>
    /// <param name="labels">The numbers in order.</param>
    /// <param name="dropsFirst">Whether the prediction's first number does not count, as for the model name "gpt4".</param>
    public static double MathCalc(string prediction, IReadOnlyList<string> labels, bool dropsFirst = false)
    {
        BigInteger[] said =
        [
            .. AsciiNumber()
                .Matches(prediction)
                .Skip(dropsFirst ? 1 : 0)
                .Select(m => BigInteger.Parse(m.Value, CultureInfo.InvariantCulture)),
        ];
        int right = 0;
        while (right < Math.Min(said.Length, labels.Count) && said[right] == BigInteger.Parse(labels[right], CultureInfo.InvariantCulture))
        {
            right++;
        }
        return (double)right / labels.Count;
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex AsciiNumber();

    [GeneratedRegex(@"\d+\.\d+|\d+")]
    private static partial Regex Number();

    [GeneratedRegex(" {2,}")]
    private static partial Regex Blanks();
}
