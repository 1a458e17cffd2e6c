using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Helmet;

/// <summary>Computes HELMET's metrics (Yen et al. 2024).</summary>
/// <remarks>Source: princeton-nlp/HELMET @4526dfb, utils.py, data.py and eval_alce.py.</remarks>
static partial class HelmetScore
{
    /// <summary>Represents the prefix of answers.</summary>
    internal const string AnswerPrefix = "Answer:";

    static readonly string[] s_closed = ["yes", "no", "noanswer"];

    /// <summary>
    /// Returns the rest of the line behind the first prefix, without regard to case, or the first line without one; a prefix that is
    /// repeated there is left out.
    /// </summary>
    internal static string Parsed(string output, string prefix = AnswerPrefix)
    {
        int at = output.IndexOf(prefix, StringComparison.OrdinalIgnoreCase);
        string line = PythonStrings.Strip(PythonStrings.Before(at < 0 ? output : output[(at + prefix.Length)..], "\n"));
        return PythonStrings.Strip(line.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? line[prefix.Length..] : line);
    }

    /// <summary>Computes the metrics of a text, each the best over the answers.</summary>
    internal static HelmetMetrics Metrics(string prediction, IReadOnlyList<string> answers)
    {
        string said = AnswerText.Normalize(prediction);
        string[] gold = [.. answers.Select(AnswerText.Normalize)];
        PrecisionRecall[] whole = [.. answers.Select(a => GoogleRouge.L(a, prediction, stem: true))],
            sum = [.. answers.Select(a => GoogleRouge.LSum(a, prediction, stem: true))];
        return new(
            gold.Contains(said, StringComparer.Ordinal),
            gold.Max(g => F1(said, g)),
            gold.Any(g => said.Contains(g, StringComparison.Ordinal)),
            whole.Max(r => r.F1),
            whole.Max(r => r.Recall),
            sum.Max(r => r.F1),
            sum.Max(r => r.Recall));
    }

    /// <summary>Computes the larger of each metric of the raw output and of the part behind the prefix.</summary>
    internal static HelmetMetrics Best(string output, IReadOnlyList<string> answers, string prefix = AnswerPrefix) =>
        HelmetMetrics.Best(Metrics(output, answers), Metrics(Parsed(output, prefix), answers));

    /// <summary>
    /// Determines whether an answer to a multiple-choice question is right: it equals the letter or the option, or contains the option.
    /// </summary>
    /// <param name="output">The output.</param>
    /// <param name="answers">The letter, then the option with its letter: "B", "B. The gardener".</param>
    internal static bool IsChosen(string output, IReadOnlyList<string> answers) =>
        Best(output, answers).IsExact
        || PythonStrings.Lower(output).Contains(PythonStrings.Lower(answers[1]), StringComparison.Ordinal);

    /// <summary>
    /// Returns the rank scores of the longest "3 > 1 > 2" of an output, the first identifier the highest; the whole output as one
    /// identifier where it has no number.
    /// </summary>
    internal static IReadOnlyDictionary<string, double> Ranking(string output)
    {
        string text = PythonStrings.Lower(Mark().Replace(output, "")).Replace("id", "", StringComparison.Ordinal);
        string longest = Chain().Matches(text).Select(m => m.Value).MaxBy(m => m.Length) ?? "";
        string[] ranked = longest.Length > 0 ? [.. longest.Split('>').Select(PythonStrings.Strip)] : [text];
        Dictionary<string, double> scores = new(StringComparer.Ordinal);
        for (int i = 0; i < ranked.Length; i++)
        {
            scores.TryAdd(ranked[i], ranked.Length - i);
        }
        return scores;
    }

    /// <summary>Computes the ranking metrics of an output, rounded to five digits.</summary>
    /// <param name="output">The output.</param>
    /// <param name="judgments">Relevance by identifier.</param>
    /// <param name="cuts">The cuts: 1, 5, 10, ….</param>
    internal static Dictionary<string, double> Rerank(string output, IReadOnlyDictionary<string, int> judgments, IReadOnlyList<int> cuts)
    {
        TrecRanking ranking = new(judgments, Ranking(output));
        Dictionary<string, double> metrics = new() { ["MRR"] = PythonNumbers.Round(ranking.ReciprocalRank(), 5) };
        foreach (int cut in cuts)
        {
            metrics[$"NDCG@{cut}"] = PythonNumbers.Round(ranking.Ndcg(cut), 5);
            metrics[$"MAP@{cut}"] = PythonNumbers.Round(ranking.AveragePrecision(cut), 5);
            metrics[$"Recall@{cut}"] = PythonNumbers.Round(ranking.Recall(cut), 5);
            metrics[$"P@{cut}"] = PythonNumbers.Round(ranking.Precision(cut), 5);
        }
        return metrics;
    }

    /// <summary>Computes ALCE's str_em: the share of answer groups of which one answer occurs in a text, citations aside.</summary>
    internal static double StringMatch(string text, IReadOnlyList<IReadOnlyList<string>> groups)
    {
        string said = AnswerText.Normalize(text);
        return groups.Count == 0
            ? 0
            : groups.Average(g => g.Any(a => said.Contains(AnswerText.Normalize(a), StringComparison.Ordinal)) ? 1.0 : 0);
    }

    /// <summary>
    /// Computes ALCE's scores of a list of answers between commas, 0 to 1; the recall of the first five caps both counts.
    /// </summary>
    internal static ListScore ListMatch(string text, IReadOnlyList<IReadOnlyList<string>> groups)
    {
        string list = PythonStrings.StripEnd(text).TrimEnd('.').TrimEnd(',');
        string[] said = [.. list.Split(',').Select(AnswerText.Normalize).Where(s => s.Length > 0)];
        string[][] gold = [.. groups.Select(g => g.Select(AnswerText.Normalize).ToArray())];
        int found = gold.Count(g => g.Any(a => said.Contains(a, StringComparer.Ordinal)));
        HashSet<string> known = [.. gold.SelectMany(g => g)];
        return new(
            said.Length,
            said.Length == 0 ? 0 : (double)said.Count(known.Contains) / said.Length,
            (double)found / gold.Length,
            (double)Math.Min(5, found) / Math.Min(5, gold.Length));
    }

    /// <summary>Computes the score of a judged summary: fluency · F1 of the counts, which the program does not clip.</summary>
    internal static double Summary(double fluency, int pointsFound, int points, int sentencesSupported, int sentences)
    {
        double recall = points == 0 ? 0 : (double)pointsFound / points,
            precision = sentences == 0 ? 0 : (double)sentencesSupported / sentences;
        return recall + precision == 0 ? 0 : fluency * 2 * recall * precision / (recall + precision);
    }

    static double F1(string said, string gold) =>
        said != gold && (s_closed.Contains(said) || s_closed.Contains(gold))
            ? 0
            : TokenF1.Of(PythonStrings.Split(said), PythonStrings.Split(gold)).F1;

    [GeneratedRegex(@"[\[\]:]")]
    private static partial Regex Mark();

    [GeneratedRegex(@"(\d+)(?:\s*>\s*(\d+))*")]
    private static partial Regex Chain();
}

/// <summary>Holds HELMET's metrics of one answer.</summary>
readonly record struct HelmetMetrics(
    bool IsExact, double F1, bool Contains, double RougeL, double RougeLRecall, double RougeLSum, double RougeLSumRecall)
{
    /// <summary>Returns the larger of each metric.</summary>
    internal static HelmetMetrics Best(HelmetMetrics a, HelmetMetrics b) => new(
        a.IsExact || b.IsExact,
        Math.Max(a.F1, b.F1),
        a.Contains || b.Contains,
        Math.Max(a.RougeL, b.RougeL),
        Math.Max(a.RougeLRecall, b.RougeLRecall),
        Math.Max(a.RougeLSum, b.RougeLSum),
        Math.Max(a.RougeLSumRecall, b.RougeLSumRecall));
}

/// <summary>Holds ALCE's scores of a list of answers, 0 to 1.</summary>
/// <param name="Count">Number of answers in the list.</param>
/// <param name="Precision">Share of them that are right.</param>
/// <param name="Recall">Share of the right answers in the list.</param>
/// <param name="RecallOfFive">As the recall, with at most five on both sides.</param>
readonly record struct ListScore(int Count, double Precision, double Recall, double RecallOfFive)
{
    /// <summary>Gets F1 with the recall.</summary>
    internal double F1 => Of(Precision, Recall);

    /// <summary>Gets F1 with the recall of five.</summary>
    internal double F1OfFive => Of(Precision, RecallOfFive);

    static double Of(double precision, double recall) => precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
}
