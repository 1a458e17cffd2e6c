using System.Numerics;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongIns;

/// <summary>Computes LongIns' score (Gavin et al. 2024): F1 between the set of numbers in brackets and the set of wrong items.</summary>
static partial class LongInsScore
{
    /// <summary>Computes F1, from 0 to 1. Official: 0 when either set is empty. Clean: 1 when both are empty.</summary>
    public static double Score(string response, IReadOnlyCollection<int> wrongItems, MetricMode mode = MetricMode.Official)
    {
        HashSet<BigInteger> said = [];
        foreach (Match brackets in Brackets().Matches(response))
        {
            said.UnionWith(
                PythonStrings.DigitRuns(brackets.Groups[1].Value).Select(d => PythonNumbers.TryParseInt(d, out BigInteger n) ? n : -1));
        }
        HashSet<BigInteger> gold = [.. wrongItems.Select(i => new BigInteger(i))];
        return mode == MetricMode.Clean && said.Count + gold.Count == 0
            ? 1
            : PrecisionRecall.Of(said.Count(gold.Contains), said.Count, gold.Count).F1;
    }

    [GeneratedRegex(@"\[(.*?)\]")]
    private static partial Regex Brackets();
}
