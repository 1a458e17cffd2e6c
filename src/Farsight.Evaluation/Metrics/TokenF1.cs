using System.Text;

namespace Farsight.Evaluation.Metrics;

/// <summary>Computes the overlap of two bags of tokens, and question answering scores based on it.</summary>
/// <remarks>With c the size of the multiset intersection: P = c / |prediction|, R = c / |answer|, F1 = 2PR / (P + R).</remarks>
static class TokenF1
{
    /// <summary>
    /// Computes precision, recall and F1 of two lists of tokens; all are 0 when they share none, so also for two empty lists.
    /// </summary>
    public static PrecisionRecall Of(IReadOnlyList<string> prediction, IReadOnlyList<string> answer) =>
        PrecisionRecall.Of(CommonCount(prediction, answer), prediction.Count, answer.Count);

    /// <summary>
    /// Compares the tokens of <see cref="AnswerText.Tokens"/>. Official: an answer such as "A" normalizes to nothing and scores 0. Clean:
    /// articles stay when nothing else is left, and two empty texts score 1.
    /// </summary>
    public static PrecisionRecall OfAnswers(string prediction, string answer, MetricMode mode = MetricMode.Official)
    {
        List<string> predicted = AnswerText.Tokens(prediction, mode);
        List<string> gold = AnswerText.Tokens(answer, mode);
        return mode == MetricMode.Clean && predicted.Count + gold.Count == 0 ? new(1, 1, 1) : Of(predicted, gold);
    }

    /// <summary>Returns the maximum precision, recall and F1 over the answers.</summary>
    public static PrecisionRecall OfAnswers(string prediction, IReadOnlyList<string> answers, MetricMode mode = MetricMode.Official) =>
        answers.Select(a => OfAnswers(prediction, a, mode)).Aggregate(default(PrecisionRecall), PrecisionRecall.Best);

    /// <summary>
    /// Computes F1 over the characters of <see cref="AnswerText.NormalizeChinese"/>, the best over the answers (InfiniteBench, Zh.QA).
    /// </summary>
    public static double OfCharacters(string prediction, IReadOnlyList<string> answers) =>
        answers.Select(a => Of(Characters(prediction), Characters(a)).F1).DefaultIfEmpty(0).Max();

    /// <summary>Returns the size of the multiset intersection.</summary>
    public static int CommonCount<T>(IReadOnlyList<T> a, IReadOnlyList<T> b)
        where T : notnull
    {
        Dictionary<T, int> left = a.CountBy(t => t).ToDictionary();
        return b.Count(t => left.TryGetValue(t, out int count) && count > 0 && (left[t] = count - 1) >= 0);
    }

    static List<string> Characters(string text)
    {
        List<string> characters = [];
        foreach (Rune rune in AnswerText.NormalizeChinese(text).EnumerateRunes())
        {
            characters.Add(rune.ToString());
        }
        return characters;
    }
}
