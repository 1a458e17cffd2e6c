using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>LongBench's <c>code_sim_score</c> (lcc, repobench-p): how alike the first line of code and the answer are.</summary>
public static class LongBenchCode
{
    /// <summary>The first line, leading line feeds aside, that holds no backtick, no '#' and no "//"; empty when all do.</summary>
    public static string Line(string prediction) =>
        prediction.TrimStart('\n').Split('\n').FirstOrDefault(IsCode) ?? "";

    /// <summary>
    /// The similarity of that line and the answer, from 0 to 1. Official: <c>fuzz.ratio</c> of fuzzywuzzy on difflib, in whole percents.
    /// Clean: the same ratio from the longest common subsequence, as python-Levenshtein computes it, in whole percents.
    /// </summary>
    public static double Score(string prediction, string answer, MetricMode mode = MetricMode.Official)
    {
        string line = Line(prediction);
        if (line == answer)
        {
            return 1;
        }
        double ratio = mode == MetricMode.Official ? SequenceMatcher.Ratio(line, answer) : EditDistance.IndelRatio(line, answer);
        return PythonNumbers.Round(100 * ratio) / 100.0;
    }

    static bool IsCode(string line) => !line.Contains('`') && !line.Contains('#') && !line.Contains("//", StringComparison.Ordinal);
}
