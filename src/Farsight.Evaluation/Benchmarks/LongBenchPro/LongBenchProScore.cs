using Farsight.Evaluation.Benchmarks.LongBench;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongBenchPro;

/// <summary>Computes the metrics of LongBench Pro (2026), from 0 to 1. Answers are lists of lines.</summary>
static class LongBenchProScore
{
    /// <summary>
    /// Returns the lines behind the last "[Answer]", or, without one, behind the last "[答案]"; in lower case, with collapsed white space.
    /// </summary>
    internal static string[] Lines(string prediction)
    {
        string area = After(prediction, "[Answer]") ?? After(prediction, "[答案]") ?? prediction;
        return [.. PythonStrings.Lower(PythonStrings.Strip(area)).Split('\n').Select(PythonStrings.CollapseSpaces)];
    }

    /// <summary>Computes a metric by its official name: Accuracy, F1_Score, SubEM, NDCG or Pairwise_Accuracy.</summary>
    /// <exception cref="ArgumentException">There is no such metric.</exception>
    internal static double Score(string metric, IReadOnlyList<string> answers, string prediction)
    {
        string[] gold = [.. answers.Select(Normalize)], said = Lines(prediction);
        return gold.Length == 0 ? 0 : metric switch
        {
            "Accuracy" => gold[0] == said[0] ? 1 : 0,
            "F1_Score" => SetF1(gold, said),
            "SubEM" => gold.Average(g => said.Contains(g, StringComparer.Ordinal) ? 1.0 : 0),
            "NDCG" => Ndcg(gold, said),
            "Pairwise_Accuracy" => Pairs(gold, said),
            _ => throw new ArgumentException($"LongBench Pro has no metric {metric}.", nameof(metric)),
        };
    }

    /// <summary>
    /// Computes the half of the summary score that needs no model: the best F of ROUGE-L (<see cref="SentenceRouge"/>). The whole text is
    /// compared, in lower case. 0 where the package fails, which it does for one summary of several.
    /// </summary>
    /// <param name="answers">The references.</param>
    /// <param name="prediction">The summary.</param>
    /// <param name="words">Cuts Chinese text into words; null for English.</param>
    internal static double SummaryRouge(IReadOnlyList<string> answers, string prediction, IWordSegmenter? words)
    {
        string said = Cut(Normalize(prediction), words);
        PrecisionRecall?[] scores =
            [.. answers.Select(a => SentenceRouge.L(said, Cut(Normalize(a), words), SentenceRouge.RecursionLimit))];
        return said.Length == 0 || scores.Length == 0 || scores.Contains(null) ? 0 : scores.Max(s => s!.Value.F1);
    }

    static string? After(string text, string mark) =>
        text.LastIndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? text[(at + mark.Length)..] : null;

    static string Normalize(string text) => PythonStrings.CollapseSpaces(PythonStrings.Lower(text));

    static string Cut(string text, IWordSegmenter? words) => words is null ? text : string.Join(' ', words.Cut(text));

    static double SetF1(string[] gold, string[] said)
    {
        HashSet<string> right = [.. gold], named = [.. said];
        return PrecisionRecall.Of(named.Count(right.Contains), named.Count, right.Count).F1;
    }

    static double Ndcg(string[] gold, string[] said)
    {
        Dictionary<string, int> gains = new(StringComparer.Ordinal);
        Dictionary<string, double> scores = new(StringComparer.Ordinal);
        for (int i = 0; i < gold.Length; i++)
        {
            gains[gold[i]] = gold.Length - i;
        }
        for (int i = 0; i < said.Length; i++)
        {
            scores[said[i]] = said.Length - i; // a repeated line keeps its last place
        }
        return new TrecRanking(gains, scores).Ndcg(gold.Length);
    }

    // The divisor counts pairs of predicted lines, not of right ones.
    static double Pairs(string[] gold, string[] said)
    {
        if (gold.Length < 2 || said.Length < 2)
        {
            return 0;
        }
        Dictionary<string, int> places = new(StringComparer.Ordinal);
        for (int i = 0; i < said.Length; i++)
        {
            places[said[i]] = i;
        }
        long right = 0;
        for (int a = 0; a < gold.Length; a++)
        {
            for (int b = a + 1; b < gold.Length; b++)
            {
                right += places.TryGetValue(gold[a], out int first) && places.TryGetValue(gold[b], out int second) && first < second ? 1
                    : 0;
            }
        }
        return right / (said.Length * (said.Length - 1) / 2.0);
    }
}
