using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>LongBench's <c>rouge_score</c> and <c>rouge_zh_score</c>: F of ROUGE-L, <see cref="SentenceRouge"/>.</summary>
public static class LongBenchRouge
{
    /// <summary>F of ROUGE-L, 0 where the official program fails. Clean mode has no limit on the length of a path.</summary>
    public static double Score(string prediction, string answer, MetricMode mode = MetricMode.Official) =>
        Score(prediction, answer, mode, SentenceRouge.RecursionLimit);

    /// <summary>
    /// The same of the words that the segmenter finds, joined by spaces. Chinese has no '.', so a text is mostly one sentence.
    /// </summary>
    public static double ScoreChinese(string prediction, string answer, IWordSegmenter words, MetricMode mode = MetricMode.Official) =>
        Score(string.Join(' ', words.Cut(prediction)), string.Join(' ', words.Cut(answer)), mode, SentenceRouge.RecursionLimit - 1);

    static double Score(string prediction, string answer, MetricMode mode, int recursionLimit) =>
        SentenceRouge.L(prediction, answer, mode == MetricMode.Official ? recursionLimit : int.MaxValue)?.F1 ?? 0;
}
