using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>LongBench's <c>classification_score</c> (trec, lsht): the right class named, shared with the other classes named.</summary>
public static class LongBenchClassification
{
    /// <summary>1 / (number of classes found in the prediction) when the answer is among them, else 0.</summary>
    /// <remarks>
    /// Found classes that are a proper part of the answer are meant to be dropped. The official program removes them from the list it
    /// iterates over and so skips the one behind each: classes A, AB, ABC and answer ABC give 1/2. Clean mode drops them all.
    /// </remarks>
    public static double Score(string prediction, string answer, IReadOnlyList<string> classes, MetricMode mode = MetricMode.Official)
    {
        List<string> found = [.. classes.Where(c => prediction.Contains(c, StringComparison.Ordinal))];
        bool IsPart(string name) => name != answer && answer.Contains(name, StringComparison.Ordinal);
        if (mode == MetricMode.Clean)
        {
            found = [.. found.Where(c => !IsPart(c)).Distinct(StringComparer.Ordinal)];
        }
        for (int i = 0; i < found.Count; i++)
        {
            string name = found[i];
            if (IsPart(name))
            {
                found.Remove(name);
            }
        }
        return found.Contains(answer, StringComparer.Ordinal) ? 1.0 / found.Count : 0;
    }
}
