using Farsight.Evaluation.Benchmarks.LongBench;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.CnnSum;

/// <summary>Computes CNNSum's score (Wei et al. 2024): F of ROUGE-L over jieba's words.</summary>
static class CnnSumScore
{
    /// <summary>Represents the nested calls that the program allows; its recursion limit is 10,000.</summary>
    const int RecursionLimit = 9990;

    /// <summary>Computes the score of a summary; 0 for an empty one or one of full stops only, and where the package fails.</summary>
    internal static double Score(string prediction, string reference, IWordSegmenter words) =>
        prediction.All(c => c == '.') ? 0
        : SentenceRouge.L(string.Join(' ', words.Cut(prediction)), string.Join(' ', words.Cut(reference)), RecursionLimit)?.F1 ?? 0;
}
