using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LooGle;

/// <summary>LooGLE's automatic scores (Li et al. 2023): n-gram overlap of texts, and matches of its cloze task.</summary>
/// <remarks>METEOR needs WordNet and BERTScore a model; they are not computed.</remarks>
public static class LooGleScore
{
    /// <summary>BLEU-1, and "BLEU-4", which weighs 4-grams alone. Tokens are parted by white space.</summary>
    public static (double Bleu1, double Bleu4) BleuScores(string reference, string hypothesis)
    {
        List<string> gold = PythonStrings.Split(reference);
        List<string> said = PythonStrings.Split(Said(hypothesis));
        return (Bleu.Score(gold, said, [1, 0, 0, 0]), Bleu.Score(gold, said, [0, 0, 0, 1]));
    }

    /// <summary>Recall of ROUGE-1, 2 and L, <see cref="SentenceRouge"/>; 0 where that package fails.</summary>
    public static (double Rouge1, double Rouge2, double RougeL) RougeRecalls(string reference, string hypothesis)
    {
        string said = Said(hypothesis);
        return (
            SentenceRouge.N(said, reference, 1)?.Recall ?? 0,
            SentenceRouge.N(said, reference, 2)?.Recall ?? 0,
            SentenceRouge.L(said, reference)?.Recall ?? 0);
    }

    /// <summary>
    /// Cloze: how many masks are filled as in the reference, and how many with at least one word of it. The hypothesis must be a Python
    /// dictionary of texts; the official program evaluates it as code, here it is only read.
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
