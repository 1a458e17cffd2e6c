namespace Farsight.Evaluation.Metrics;

/// <summary>
/// BLEU of one sentence against one reference (Papineni et al. 2002), without smoothing, as NLTK 3.8's <c>sentence_bleu</c>.
/// </summary>
public static class Bleu
{
    /// <summary>
    /// exp(Σ wₙ log pₙ) times exp(1 − |reference| / |hypothesis|) for a shorter hypothesis; pₙ is the clipped share of n-grams that the
    /// reference
    /// has. 0 without a word in common; an order without a common n-gram counts as the smallest normal number.
    /// </summary>
    /// <param name="reference">The reference's tokens.</param>
    /// <param name="hypothesis">The hypothesis' tokens.</param>
    /// <param name="weights">One weight for each order of n-grams, from 1.</param>
    public static double Score(IReadOnlyList<string> reference, IReadOnlyList<string> hypothesis, ReadOnlySpan<double> weights)
    {
        double sum = 0;
        for (int n = 1; n <= weights.Length; n++)
        {
            List<string> predicted = Grams(hypothesis, n);
            int common = TokenF1.CommonCount(predicted, Grams(reference, n));
            if (n == 1 && common == 0)
            {
                return 0;
            }
            const double SmallestNormal = 2.2250738585072014e-308;
            double precision = common == 0 ? SmallestNormal : (double)common / predicted.Count;
            sum += weights[n - 1] == 0 ? 0 : weights[n - 1] * Math.Log(precision);
        }
        double brevity = hypothesis.Count > reference.Count ? 1 : Math.Exp(1 - ((double)reference.Count / hypothesis.Count));
        return brevity * Math.Exp(sum);
    }

    static List<string> Grams(IReadOnlyList<string> tokens, int n) =>
        [.. Enumerable.Range(0, Math.Max(0, tokens.Count - n + 1)).Select(i => string.Join('\u0001', tokens.Skip(i).Take(n)))];
}
