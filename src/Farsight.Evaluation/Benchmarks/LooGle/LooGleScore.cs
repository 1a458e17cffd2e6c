using Farsight.Engine.Numerics;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LooGle;

/// <summary>Computes LooGLE's automatic scores (Li et al. 2023): n-gram overlap of texts, and matches of its cloze task.</summary>
/// <remarks>METEOR needs WordNet and BERTScore a model; they are not computed.</remarks>
static class LooGleScore
{
    /// <summary>Computes BLEU-1, and "BLEU-4", which weighs 4-grams alone. White space separates tokens.</summary>
    public static (double Bleu1, double Bleu4) BleuScores(string reference, string hypothesis)
    {
        List<string> gold = PythonStrings.Split(reference);
        List<string> said = PythonStrings.Split(Said(hypothesis));
        return (Bleu.Score(gold, said, [1, 0, 0, 0]), Bleu.Score(gold, said, [0, 0, 0, 1]));
    }

    /// <summary>Computes the recall of ROUGE-1, 2 and L (<see cref="SentenceRouge"/>); 0 where that package fails.</summary>
    public static (double Rouge1, double Rouge2, double RougeL) RougeRecalls(string reference, string hypothesis)
    {
        string said = Said(hypothesis);
        return (
            SentenceRouge.N(said, reference, 1)?.Recall ?? 0,
            SentenceRouge.N(said, reference, 2)?.Recall ?? 0,
            SentenceRouge.L(said, reference)?.Recall ?? 0);
    }

    /// <summary>
    /// Counts the masks filled as in the reference, and those filled with at least one of its words. The hypothesis must be a Python
    /// dictionary of texts; it is parsed, not evaluated as in the official program.
    /// </summary>
    public static (int Exact, int Partial) ClozeMatches(IReadOnlyDictionary<string, string> reference, string hypothesis)
    {
        if (!PythonLiteral.TryParse(hypothesis, out object? value) || value is not List<KeyValuePair<object?, object?>> pairs)
        {
            return (0, 0);
        }
        (int exact, int partial) = (0, 0);
        foreach ((string mask, string answer) in reference)
        {
            if (pairs.LastOrDefault(p => p.Key is string key && key == mask).Value is string said)
            {
                exact += said == answer ? 1 : 0;
                partial += PythonStrings.Split(said).Intersect(PythonStrings.Split(answer), StringComparer.Ordinal).Any() ? 1 : 0;
            }
        }
        return (exact, partial);
    }

    static string Said(string hypothesis) => hypothesis.Length == 0 ? "None" : hypothesis;
}

/// <summary>
/// Computes BLEU of one sentence against one reference (Papineni et al. 2002), without smoothing, as NLTK 3.8's <c>sentence_bleu</c>.
/// </summary>
static class Bleu
{
    /// <summary>
    /// Computes exp(Σ wₙ log pₙ), times exp(1 − |reference| / |hypothesis|) for a shorter hypothesis; pₙ is the clipped share of n-grams
    /// that the reference has. The result is 0 without a common word. An order without a common n-gram counts as the smallest normal
    /// number.
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
            int common = CommonElements.Count(predicted, Grams(reference, n));
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
