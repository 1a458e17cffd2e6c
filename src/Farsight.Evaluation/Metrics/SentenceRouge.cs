using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Metrics;

/// <summary>Computes ROUGE as the Python package <c>rouge</c> 1.0.1 does; LongBench, LooGLE and L-CiteEval use that package.</summary>
/// <remarks>
/// Sentences end at every '.', "3.14" gives two. Case and punctuation stay. Counts are of distinct tokens and n-grams. ROUGE-L is
/// summary-level (Lin 2004, section 3.2): the union of the longest common subsequences of each pair of sentences. F = 2PR / (P + R +
/// 1e-8), so equal texts score 0.999999995. The package rebuilds a subsequence by recursion; where a path needs more nested calls than
/// CPython allows, it fails, which LongBench scores as 0.
/// </remarks>
static class SentenceRouge
{
    /// <summary>
    /// Represents the nested calls that CPython's limit of 1,000 leaves under LongBench's call stack; <c>rouge_zh_score</c> leaves one
    /// fewer.
    /// </summary>
    public const int RecursionLimit = 991;

    /// <summary>Computes ROUGE-N over distinct n-grams; null when a text has no sentence, where the package fails.</summary>
    public static PrecisionRecall? N(string prediction, string reference, int n)
    {
        string[]? predicted = Words(prediction);
        string[]? gold = Words(reference);
        if (predicted is null || gold is null)
        {
            return null;
        }
        HashSet<string> left = Grams(predicted, n);
        HashSet<string> right = Grams(gold, n);
        int common = left.Count(right.Contains);
        return Ratio(common, left.Count, right.Count);
    }

    /// <summary>
    /// Computes ROUGE-L; null when a text has no sentence or a path exceeds the recursion limit, where the package fails.
    /// </summary>
    /// <param name="prediction">The generated text.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="recursionLimit">The longest path in nested calls; <see cref="int.MaxValue"/> for none.</param>
    public static PrecisionRecall? L(string prediction, string reference, int recursionLimit = int.MaxValue)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        int[][] predicted = [.. Sentences(prediction).Select(s => CommonSubsequence.Number(s.Split(' '), numbers))];
        int[][] gold = [.. Sentences(reference).Select(s => CommonSubsequence.Number(s.Split(' '), numbers))];
        if (predicted.Length == 0 || gold.Length == 0)
        {
            return null;
        }
        HashSet<int> union = [];
        foreach (int[] goldSentence in gold)
        {
            foreach (int[] sentence in predicted)
            {
                List<int> indices = new CommonSubsequence(goldSentence, sentence).Indices(tieDropsX: false, out int steps);
                if (steps + 1 > recursionLimit)
                {
                    return null;
                }
                union.UnionWith(indices.Select(i => goldSentence[i]));
            }
        }
        return Ratio(union.Count, predicted.SelectMany(s => s).Distinct().Count(), gold.SelectMany(s => s).Distinct().Count());
    }

    /// <summary>
    /// Computes ROUGE-L of the whole texts, as the package <c>rouge_chinese</c> does: the longest common subsequence of all words, which
    /// are counted with repetitions. Null when a text has no sentence.
    /// </summary>
    public static PrecisionRecall? WholeL(string prediction, string reference)
    {
        string[]? predicted = Words(prediction);
        string[]? gold = Words(reference);
        if (predicted is null || gold is null)
        {
            return null;
        }
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        int common = new CommonSubsequence(CommonSubsequence.Number(gold, numbers), CommonSubsequence.Number(predicted, numbers)).Length;
        return Ratio(common, predicted.Length, gold.Length);
    }

    static PrecisionRecall Ratio(int common, int predicted, int gold)
    {
        double precision = predicted == 0 ? 0 : (double)common / predicted;
        double recall = gold == 0 ? 0 : (double)common / gold;
        return new(precision, recall, 2.0 * (precision * recall / (precision + recall + 1e-8)));
    }

    static string[] Sentences(string text) => [.. text.Split('.').Where(s => s.Length > 0).Select(PythonStrings.CollapseSpaces)];

    static string[]? Words(string text) =>
        Sentences(text) is { Length: > 0 } sentences ? [.. sentences.SelectMany(s => s.Split(' '))] : null;

    static HashSet<string> Grams(string[] words, int n)
    {
        HashSet<string> grams = new(StringComparer.Ordinal);
        for (int i = 0; i + n <= words.Length; i++)
        {
            grams.Add(string.Join(' ', words, i, n));
        }
        return grams;
    }
}
