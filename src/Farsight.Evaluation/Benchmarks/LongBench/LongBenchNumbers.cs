using Farsight.Engine;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>
/// LongBench's <c>count_score</c>, <c>retrieval_score</c> and <c>retrieval_zh_score</c>: the share of the numbers said that are right.
/// </summary>
public static class LongBenchNumbers
{
    /// <summary>The share of all numbers in the prediction that equal the answer as text; 0 without a number.</summary>
    public static double Count(string prediction, string answer)
    {
        List<string> numbers = PythonStrings.DigitRuns(prediction);
        return numbers.Count == 0 ? 0 : (double)numbers.Count(n => n == answer) / numbers.Count;
    }

    /// <summary>As <see cref="Count"/> with the number of an answer such as "Paragraph 12".</summary>
    /// <exception cref="InputException">The answer names no paragraph.</exception>
    public static double Retrieval(string prediction, string answer) => Count(prediction, NumberAfter(answer, "Paragraph "));

    /// <summary>As <see cref="Count"/> with the number of an answer such as "段落12".</summary>
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
        throw new InputException($"The answer \"{answer}\" of a retrieval example names no paragraph; it must look like \"{word}12\".");
    }
}
