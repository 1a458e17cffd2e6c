using Farsight.Engine;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>Computes LongBench's <c>rouge_score</c> and <c>rouge_zh_score</c>: F of ROUGE-L (<see cref="SentenceRouge"/>).</summary>
static class LongBenchRouge
{
    /// <summary>Computes F of ROUGE-L; 0 where the official program fails. Clean mode does not limit the length of a path.</summary>
    public static double Score(string prediction, string answer, MetricMode mode = MetricMode.Official) =>
        Score(prediction, answer, mode, SentenceRouge.RecursionLimit);

    /// <summary>
    /// Computes the same for the segmenter's words, joined by spaces. Chinese has no '.', so most texts are one sentence.
    /// </summary>
    public static double ScoreChinese(string prediction, string answer, IWordSegmenter words, MetricMode mode = MetricMode.Official) =>
        Score(string.Join(' ', words.Cut(prediction)), string.Join(' ', words.Cut(answer)), mode, SentenceRouge.RecursionLimit - 1);

    static double Score(string prediction, string answer, MetricMode mode, int recursionLimit) =>
        SentenceRouge.L(prediction, answer, mode == MetricMode.Official ? recursionLimit : int.MaxValue)?.F1 ?? 0;
}

/// <summary>Computes LongBench's <c>classification_score</c> (trec, lsht): the right class, shared with the other classes named.</summary>
static class LongBenchClassification
{
    /// <summary>Returns 1 / (number of classes found in the prediction) when the answer is among them, else 0.</summary>
    /// <remarks>
    /// Found classes that are a proper part of the answer are meant to be dropped. The official program removes them from the list it
    /// iterates over and so skips the one behind each: classes A, AB, ABC and answer ABC give 1/2. Clean mode drops them all.
    /// </remarks>
    public static double Score(string prediction, string answer, IReadOnlyList<string> classes, MetricMode mode = MetricMode.Official)
    {
        List<string> found = [.. classes.Where(c => prediction.Contains(c, StringComparison.Ordinal))];
        bool IsPart(string name) => name != answer && answer.Contains(name, StringComparison.Ordinal);
        if (mode == MetricMode.Clean)
        {
            found = [.. found.Where(c => !IsPart(c)).Distinct(StringComparer.Ordinal)];
        }
        for (int i = 0; i < found.Count; i++)
        {
            string name = found[i];
            if (IsPart(name))
            {
                found.Remove(name);
            }
        }
        return found.Contains(answer, StringComparer.Ordinal) ? 1.0 / found.Count : 0;
    }
}

/// <summary>
/// Computes LongBench's <c>count_score</c>, <c>retrieval_score</c> and <c>retrieval_zh_score</c>: the share of right numbers.
/// </summary>
static class LongBenchNumbers
{
    /// <summary>Returns the share of the prediction's numbers that equal the answer as text; 0 without a number.</summary>
    public static double Count(string prediction, string answer)
    {
        List<string> numbers = PythonStrings.DigitRuns(prediction);
        return numbers.Count == 0 ? 0 : (double)numbers.Count(n => n == answer) / numbers.Count;
    }

    /// <summary>Computes <see cref="Count"/> with the number of an answer such as "Paragraph 12".</summary>
    /// <exception cref="InputException">The answer names no paragraph.</exception>
    public static double Retrieval(string prediction, string answer) => Count(prediction, NumberAfter(answer, "Paragraph "));

    /// <summary>Computes <see cref="Count"/> with the number of an answer such as "段落12".</summary>
    /// <exception cref="InputException">The answer names no paragraph.</exception>
    public static double RetrievalChinese(string prediction, string answer) => Count(prediction, NumberAfter(answer, "段落"));

    static string NumberAfter(string answer, string word)
    {
        for (int at = answer.IndexOf(word, StringComparison.Ordinal); at >= 0; at = answer.IndexOf(word, at + 1, StringComparison.Ordinal))
        {
            int start = at + word.Length;
            if (start < answer.Length && PythonCharacters.IsDecimal(PythonCharacters.At(answer, start)))
            {
                return PythonStrings.DigitRuns(answer[start..])[0];
            }
        }
        throw new InputException($"The answer \"{answer}\" of a retrieval example names no paragraph; expected the form \"{word}12\".");
    }
}

/// <summary>
/// Computes LongBench's <c>code_sim_score</c> (lcc, repobench-p): the similarity of the first line of code and the answer.
/// </summary>
static class LongBenchCode
{
    /// <summary>Returns the first line, after leading line feeds, without a backtick, a '#' or "//"; empty when there is none.</summary>
    public static string Line(string prediction) =>
        prediction.TrimStart('\n').Split('\n').FirstOrDefault(IsCode) ?? "";

    /// <summary>
    /// Computes the similarity of that line and the answer, from 0 to 1 in whole percents. Official: <c>fuzz.ratio</c> of fuzzywuzzy on
    /// difflib. Clean: the same ratio from the longest common subsequence, as python-Levenshtein computes it.
    /// </summary>
    public static double Score(string prediction, string answer, MetricMode mode = MetricMode.Official)
    {
        string line = Line(prediction);
        if (line == answer)
        {
            return 1;
        }
        double ratio = mode == MetricMode.Official ? SequenceMatcher.Ratio(line, answer) : EditDistance.IndelRatio(line, answer);
        return PythonNumbers.Round(100 * ratio) / 100.0;
    }

    static bool IsCode(string line) => !line.Contains('`') && !line.Contains('#') && !line.Contains("//", StringComparison.Ordinal);
}
