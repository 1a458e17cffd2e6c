using Farsight.Evaluation.Benchmarks.LooGle;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Giraffe;

/// <summary>Scores answers of Giraffe's three tasks (Pal et al. 2023).</summary>
static class GiraffeScore
{
    /// <summary>Determines whether the reference, without white space around it, occurs in the answer as it is.</summary>
    internal static bool IsPresent(string reference, string answer) =>
        answer.Contains(PythonStrings.Strip(reference), StringComparison.Ordinal);

    /// <summary>Returns the first run of digits of an answer as it is written; null without one.</summary>
    internal static string? FirstNumber(string answer) => PythonStrings.DigitRuns(answer) is [var first, ..] ? first : null;

    /// <summary>Computes sentence BLEU of words, with the orders 1 to min(4, words of the reference).</summary>
    internal static double SentenceBleu(string reference, string answer)
    {
        List<string> gold = PythonStrings.Split(reference);
        int orders = Math.Min(4, gold.Count);
        return orders == 0
            ? 0
            : Bleu.Score(gold, PythonStrings.Split(answer), [.. Enumerable.Repeat(1.0 / orders, orders)]);
    }

    /// <summary>Returns where the question and the answer stand in the document of a row of the question sets.</summary>
    /// <param name="row">Number of the row, from 0.</param>
    internal static (string Question, string Answer) Places(int row) =>
        (row % 2 == 1 ? "start" : "end", (row % 6 / 2) switch { 0 => "start", 1 => "random", _ => "end" });
}
