using System.Numerics;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Scores LongProc's countdown: three equations that reach a target from four numbers, found by a written search.</summary>
static class LongProcCountdown
{
    const string Heading = "# Search Procedure";

    /// <summary>
    /// Scores the equations in &lt;Solution&gt;. If they are wrong, the search up to the first difference from the reference gives the
    /// partial score.
    /// </summary>
    /// <remarks>
    /// A malformed equation is wrong here; the official program stops at it. Partial: official is (index of the last line compared) /
    /// lines, which is one too few where no line differs, and negative where there is none; clean is the share of right lines.
    /// </remarks>
    public static LongProcScore Score(
        string prediction,
        IReadOnlyList<int> numbers,
        int target,
        string reference,
        MetricMode mode = MetricMode.Official)
    {
        string? solution = LongProcTraces.Tagged(prediction, "Solution");
        if (solution is not null && IsSolution(solution, numbers, target))
        {
            return new(1, 1, 1);
        }
        double extraction = solution is null ? 0 : 1;
        if (!prediction.Contains(Heading, StringComparison.Ordinal))
        {
            return new(0, 0, extraction);
        }
        string gold = PythonStrings.Before(reference.Split(Heading)[^1], "Now we have found the target");
        return new(0, SearchShare(Lines(prediction.Split(Heading)[^1]), Lines(gold), mode), extraction);
    }

    /// <summary>Determines whether three lines "a + b = c" are true, use each available number once, and end with the target.</summary>
    public static bool IsSolution(string solution, IReadOnlyList<int> numbers, int target)
    {
        List<BigInteger> left = [.. numbers.Select(n => new BigInteger(n))];
        string[] lines = solution.Split('\n');
        return lines.Length == 3 && lines.All(line => TryApply(line, left)) && left.Count > 0 && left[0] == target;
    }

    static bool TryApply(string line, List<BigInteger> left)
    {
        string[] sides = line.Split('=');
        char sign = "+-*/".FirstOrDefault(o => sides[0].Contains(o));
        string[] terms = sides[0].Split(sign);
        if (
            sides.Length != 2
            || terms.Length != 2
            || !PythonNumbers.TryParseInt(terms[0], out BigInteger a)
            || !PythonNumbers.TryParseInt(terms[1], out BigInteger b)
            || !PythonNumbers.TryParseInt(sides[1], out BigInteger c)
            || !IsTrue(a, sign, b, c)
            || !left.Remove(a)
            || !left.Remove(b))
        {
            return false;
        }
        left.Add(c);
        return true;
    }

    static bool IsTrue(BigInteger a, char operation, BigInteger b, BigInteger c) => operation switch
    {
        '+' => a + b == c,
        '-' => a - b == c,
        '*' => a * b == c,
        _ => !b.IsZero && a == c * b,
    };

    static string[] Lines(string text) => PythonStrings.Strip(text).Split('\n');

    static double SearchShare(string[] said, string[] gold, MetricMode mode)
    {
        if (said[0] != gold[0] || gold.Length == 1)
        {
            return 0;
        }
        int compared = Math.Min(said.Length, gold.Length) - 1;
        int right = Enumerable.Range(1, compared).TakeWhile(i => IsSameStep(said[i], gold[i])).Count();
        int counted = mode == MetricMode.Official && right == compared ? right - 1 : right;
        return (double)counted / (gold.Length - 1);
    }

    // A step that tries an operation is right when the numbers are and the branch is dropped as it must be; others must be equal.
    static bool IsSameStep(string said, string gold) =>
        said == gold || (!gold.Contains("Pick two numbers", StringComparison.Ordinal) && gold.Contains("|- Try", StringComparison.Ordinal)
            && said.Split('=')[0] == gold.Split('=')[0] && Drops(said) == Drops(gold));

    static bool Drops(string line) => line.Contains("drop this branch", StringComparison.Ordinal);
}
