using System.Collections.Concurrent;
using Farsight.Evaluation.Metrics.Segmentation;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>Segmenters by the folder of their words; each is read once, because it takes a second.</summary>
static class ChineseWords
{
    static readonly ConcurrentDictionary<string, Lazy<JiebaSegmenter>> s_read = new(StringComparer.Ordinal);

    /// <summary>The segmenter of a folder.</summary>
    /// <exception cref="Engine.InputException">The folder lacks a file of jieba.</exception>
    internal static JiebaSegmenter In(string folder) => s_read.GetOrAdd(folder, f => new(() => new(JiebaWords.Open(f)))).Value;
}
