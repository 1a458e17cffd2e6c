using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongGenBench;

/// <summary>
/// Reads the answers of LongGenBench with GSM8K and MMLU (Liu et al. 2024): many questions in one prompt, answers under "Answer_9:",
/// "Answer_10:" ….
/// </summary>
/// <remarks>Not <see cref="LongGenerationBlocks"/>, which is of another benchmark with the same name.</remarks>
static partial class BatchedAnswers
{
    /// <summary>Returns the answers in order: the text between a line that ends in a colon and the next empty line.</summary>
    /// <remarks>
    /// Their numbers are ignored. An answer with an empty line in it is cut there, and a line that ends in a colon begins another,
    /// as in the original.
    /// </remarks>
    public static IReadOnlyList<string> Split(string completion) =>
        [.. Answer().Matches(string.Join('\n', completion.Split("Answer_"))).Select(m => PythonStrings.Strip(m.Value))];

    /// <summary>Determines whether the last number of a GSM8K answer is that of the reference.</summary>
    /// <remarks>
    /// Official: numbers are compared as they are written, thousands lose their commas in the answer and split the reference at them, and
    /// an answer without a number counts as its place in the list. Clean: commas are dropped in both, and the values are compared.
    /// </remarks>
    /// <param name="answer">One of <see cref="Split"/>.</param>
    /// <param name="place">Its place, from 0.</param>
    /// <param name="reference">GSM8K's solution, which ends in "#### 18".</param>
    /// <param name="mode">With the faults or without.</param>
    public static bool IsRightNumber(string answer, int place, string reference, MetricMode mode = MetricMode.Official)
    {
        string? said = Last(Number(), WithoutCommas(mode == MetricMode.Official ? $"Q_{place}\n{answer}" : answer));
        string? gold = Last(Number(), mode == MetricMode.Official ? reference : WithoutCommas(reference));
        return mode == MetricMode.Official
            ? said == gold
            : said is not null
                && gold is not null
                && PythonNumbers.TryParseFloat(said, out double a)
                && PythonNumbers.TryParseFloat(gold, out double b)
                && a == b;
    }

    /// <summary>Determines whether the last letter A to D of an MMLU answer is the right one.</summary>
    /// <remarks>Official: any such capital letter, in any word; an answer without one counts as A. Clean: a letter by itself.</remarks>
    public static bool IsRightLetter(string answer, string reference, MetricMode mode = MetricMode.Official) =>
        (mode == MetricMode.Official ? Last(Letter(), "A" + answer) : Last(WholeLetter(), answer)) == reference;

    static string? Last(Regex pattern, string text) => pattern.Matches(text).LastOrDefault()?.Value;

    static string WithoutCommas(string text) => text.Replace(",", "", StringComparison.Ordinal);

    [GeneratedRegex(@"(?<=:\n)(.*?)(?=\n\n|$)", RegexOptions.Singleline)]
    private static partial Regex Answer();

    [GeneratedRegex(@"\d*\.?\d+")]
    private static partial Regex Number();

    [GeneratedRegex("[A-D]")]
    private static partial Regex Letter();

    [GeneratedRegex(@"\b[A-D]\b")]
    private static partial Regex WholeLetter();
}
