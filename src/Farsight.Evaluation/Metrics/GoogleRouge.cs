using System.Text;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Metrics;

/// <summary>
/// Computes ROUGE as Google's Python package <c>rouge_score</c> does; Hugging Face's <c>evaluate</c> and L-Eval use it without stemmer.
/// </summary>
/// <remarks>
/// Lin 2004. Lower case; everything but a-z and 0-9 parts tokens, so text in other scripts vanishes. With the stemmer, tokens of more than
/// three letters lose their suffixes. Counts are multisets. F = 2PR / (P + R). Not <see cref="SentenceRouge"/>.
/// </remarks>
static class GoogleRouge
{
    /// <summary>Computes ROUGE-N: common n-grams.</summary>
    public static PrecisionRecall N(string target, string prediction, int n, bool stem = false)
    {
        List<string> predicted = Grams(Tokens(prediction, stem), n);
        List<string> gold = Grams(Tokens(target, stem), n);
        return PrecisionRecall.Of(CommonElements.Count(predicted, gold), predicted.Count, gold.Count);
    }

    /// <summary>Computes ROUGE-L of the whole text as one sentence: the length of the longest common subsequence.</summary>
    public static PrecisionRecall L(string target, string prediction, bool stem = false)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        int[] predicted = CommonSubsequence.Number(Tokens(prediction, stem), numbers);
        int[] gold = CommonSubsequence.Number(Tokens(target, stem), numbers);
        return PrecisionRecall.Of(new CommonSubsequence(gold, predicted).Length, predicted.Length, gold.Length);
    }

    /// <summary>
    /// Computes summary-level ROUGE-L: sentences end at line feeds; the union of subsequences over each sentence of the target counts
    /// every token once.
    /// </summary>
    public static PrecisionRecall LSum(string target, string prediction, bool stem = false)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        int[][] predicted = Sentences(prediction, stem, numbers);
        int[][] gold = Sentences(target, stem, numbers);
        int[] predictedLeft = Counts(predicted, numbers.Count);
        int[] goldLeft = Counts(gold, numbers.Count);
        int hits = 0;
        foreach (int[] sentence in gold)
        {
            foreach (
                int index in predicted
                    .SelectMany(p => new CommonSubsequence(sentence, p).Indices(tieDropsX: true, out _))
                    .Distinct()
                    .Order())
            {
                int token = sentence[index];
                if (predictedLeft[token] > 0 && goldLeft[token] > 0)
                {
                    (predictedLeft[token], goldLeft[token], hits) = (predictedLeft[token] - 1, goldLeft[token] - 1, hits + 1);
                }
            }
        }
        return PrecisionRecall.Of(hits, predicted.Sum(s => s.Length), gold.Sum(s => s.Length));
    }

    /// <summary>Returns the compared tokens.</summary>
    public static List<string> Tokens(string text, bool stem)
    {
        List<string> tokens = [];
        StringBuilder token = new();
        foreach (char c in PythonStrings.Lower(text) + " ")
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                token.Append(c);
            }
            else if (token.Length > 0)
            {
                tokens.Add(stem && token.Length > 3 ? PorterStemmer.Stem(token.ToString()) : token.ToString());
                token.Clear();
            }
        }
        return tokens;
    }

    static int[][] Sentences(string text, bool stem, Dictionary<string, int> numbers) =>
        [.. text.Split('\n').Where(s => s.Length > 0).Select(s => CommonSubsequence.Number(Tokens(s, stem), numbers))];

    static int[] Counts(int[][] sentences, int size)
    {
        int[] counts = new int[size];
        foreach (int token in sentences.SelectMany(s => s))
        {
            counts[token]++;
        }
        return counts;
    }

    static List<string> Grams(List<string> tokens, int n) =>
        [.. Enumerable.Range(0, Math.Max(0, tokens.Count - n + 1)).Select(i => string.Join(' ', tokens.Skip(i).Take(n)))];
}
