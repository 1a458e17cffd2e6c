using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LCiteEval;

/// <summary>Computes L-CiteEval's scores that need no model (Tang et al. 2024), of answers and of citations, from 0 to 1.</summary>
/// <remarks>Citations of free text are judged by an entailment model, which is not part of this.</remarks>
static partial class LCiteEvalScore
{
    /// <summary>Scores an answer: token overlap of the first line without citations, the best over the references.</summary>
    public static PrecisionRecall Answer(string generation, IReadOnlyList<string> answers, MetricMode mode = MetricMode.Official) =>
        TokenF1.OfAnswers(FirstLine(generation), answers, mode);

    /// <summary>
    /// Scores a summary: F of ROUGE-L (<see cref="SentenceRouge"/>). If the first 100 characters contain "summary", only the text after
    /// the first ':' counts. Official: only the first line of it. Clean: all of it.
    /// </summary>
    public static double Summary(string generation, string answer, MetricMode mode = MetricMode.Official)
    {
        string text = PythonStrings.Strip(generation);
        if (PythonStrings.Lower(PythonStrings.Take(text, 100)).Contains("summary", StringComparison.Ordinal))
        {
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            text = colon < 0 ? "" : PythonStrings.Strip(text[(colon + 1)..]);
        }
        text = Citations.Remove(mode == MetricMode.Official ? PythonStrings.Before(text, "\n") : text);
        return text.Length == 0 ? 0 : SentenceRouge.L(text, answer)?.F1 ?? 0;
    }

    /// <summary>Scores a niah answer: recall of ROUGE-1 (<see cref="SentenceRouge"/>) of the first line without citations.</summary>
    public static double Needle(string generation, string answer) => SentenceRouge.N(FirstLine(generation), answer, 1)?.Recall ?? 0;

    /// <summary>
    /// Scores the citation of a niah answer: whether the first passage with the answer is among the first citations of the first line.
    /// Also returns the number of these citations.
    /// </summary>
    /// <exception cref="ArgumentException">No passage holds the answer.</exception>
    public static (PrecisionRecall Score, int Citations) NeedleCitation(
        string generation,
        IReadOnlyList<string> passages,
        string answer,
        int atMost = 3)
    {
        int gold = Enumerable.Range(0, passages.Count).FirstOrDefault(i => passages[i].Contains(answer, StringComparison.Ordinal), -1);
        return gold < 0
            ? throw new ArgumentException("No passage holds the answer.", nameof(passages))
            : NeedleCitation(generation, gold + 1, atMost);
    }

    /// <summary>Scores the citation of a niah answer whose passage is known by its number, from 1.</summary>
    public static (PrecisionRecall Score, int Citations) NeedleCitation(string generation, int gold, int atMost = 3)
    {
        int[] cited = [.. Citations.Numbers(PythonStrings.Before(PythonStrings.Strip(generation), "\n")).Take(atMost)];
        return (cited.Contains(gold) ? PrecisionRecall.Of(1, cited.Length, 1) : default, cited.Length);
    }

    /// <summary>
    /// Scores counting_stars: the share of right counts, and the passages named. The first {…} must be JSON with <c>little_penguin</c> and
    /// <c>passage_id</c>; excess counts are ignored.
    /// </summary>
    public static (double Accuracy, PrecisionRecall Citation) CountingStars(string generation, IReadOnlyList<string> passages)
    {
        Dictionary<int, int> gold = [];
        for (int i = 0; i < passages.Count; i++)
        {
            if (
                Counted().Match(passages[i]) is { Success: true } match
                && PythonNumbers.TryParseInt(match.Groups[1].Value, out BigInteger count))
            {
                gold[i + 1] = (int)count;
            }
        }
        HashSet<int> named = [.. Integers(generation, "passage_id").OfType<int>()];
        int right = Integers(generation, "little_penguin").Take(gold.Count).Count(n => n is { } count && gold.ContainsValue(count));
        return (
            gold.Count == 0 ? 0 : (double)right / gold.Count,
            PrecisionRecall.Of(named.Count(gold.ContainsKey), named.Count, gold.Count));
    }

    static string FirstLine(string generation) => Citations.Remove(PythonStrings.Before(PythonStrings.Strip(generation), "\n"));

    // The numbers of one list of the JSON in a text; null for entries that are none; empty when anything is not as it must be.
    static List<int?> Integers(string generation, string key)
    {
        int start = generation.IndexOf('{', StringComparison.Ordinal);
        int end = generation.IndexOf('}', StringComparison.Ordinal);
        if (start < 0 || end < start)
        {
            return [];
        }
        try
        {
            using JsonDocument json = JsonDocument.Parse(generation[start..(end + 1)]);
            return json.RootElement.TryGetProperty(key, out JsonElement list) && list.ValueKind == JsonValueKind.Array
                ? [.. list.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out int n) ? n : (int?)null)]
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    [GeneratedRegex(@"The little penguin counted (\d+) ★")]
    private static partial Regex Counted();
}
