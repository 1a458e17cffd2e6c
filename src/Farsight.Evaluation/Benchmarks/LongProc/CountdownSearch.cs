using System.Globalization;
using System.Text;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Writes LongProc's depth-first search from numbers to a target, as a model should write it.</summary>
/// <remarks>
/// Pairs in order, each with +, −, × and ÷, the larger number first; a result that is no whole number, or 2,000 and more, ends its branch.
/// The wording is the benchmark's: it decides what counts as right.
/// </remarks>
sealed class CountdownSearch
{
    const long TooLarge = 2000;

    readonly StringBuilder _log = new();
    readonly List<string> _equations = [];
    readonly long _target;

    CountdownSearch(long target) => _target = target;

    /// <summary>Returns the search and its solution; null where there is none.</summary>
    internal static string? Write(IReadOnlyList<long> numbers, long target)
    {
        CountdownSearch search = new(target);
        return search.Explore(numbers, null, 0) ? search.Told() : null;
    }

    string Told() => $"""
        # Search Procedure
        {_log}

        Now we have found the target, let's trace back the solution:
        Final step: {_equations[2]}
        The step before: {_equations[1]}
        The first step: {_equations[0]}

        Output the solution in the required format:
        <Solution>
        {_equations[0]}
        {_equations[1]}
        {_equations[2]}
        </Solution>

        """.ReplaceLineEndings("\n");

    bool Explore(IReadOnlyList<long> numbers, string? equation, int depth)
    {
        if (equation is not null && numbers[0] >= TooLarge)
        {
            return Drop(depth, $"Try {equation}. {Text(numbers[0])} exceeds the maximum intermediate result, drop this branch.");
        }
        if (numbers.Count == 1)
        {
            bool found = numbers[0] == _target;
            Line(
                depth,
                $"Try {equation}. Evaluate {Text(numbers[0])} {(found ? "==" : "!=")} {Text(_target)}, "
                    + (found ? "target found!" : "drop this branch.")
            );
            return found;
        }
        if (equation is not null)
        {
            Line(depth, $"Try {equation}. Add {Text(numbers[0])} to the number set.");
        }
        string set = $"number set: {List(numbers)}, target: {Text(_target)}";
        _log.Append(
            numbers.Count == 2
                ? $" Current {set}, just two numbers left."
                : $"{(equation is null ? "Initial" : " Current")} {set}. Options for choosing two numbers: "
                    + $"[{string.Join(", ", Pairs(numbers).Select(p => Pair(p.A, p.B)))}]."
        );
        return Pairs(numbers).Any(p => Try(p.A, p.B, p.Left, numbers.Count > 2 ? depth + 1 : depth, numbers.Count > 2));
    }

    bool Try(long a, long b, long[] left, int depth, bool isPicked)
    {
        if (isPicked)
        {
            Line(depth, $"Pick two numbers {Pair(a, b)} (numbers left: {List(left)}). Try possible operations.");
        }
        (a, b) = (Math.Max(a, b), Math.Min(a, b));
        return Apply(a, '+', b, a + b, left, depth)
            || Apply(a, '-', b, a - b, left, depth)
            || Apply(a, '*', b, a * b, left, depth)
            || Divide(a, b, left, depth);
    }

    bool Divide(long a, long b, long[] left, int depth)
    {
        if (b != 0 && a % b == 0)
        {
            return Apply(a, '/', b, a / b, left, depth);
        }
        string quotient = b == 0 ? "" : PythonNumbers.Round((double)a / b, 1).ToString("F1", CultureInfo.InvariantCulture);
        return Drop(depth + 1, b == 0
            ? $"Try {Text(a)} / {Text(b)} (invalid operation). drop this branch."
            : $"Try {Text(a)} / {Text(b)} = {quotient}. {quotient} is a decimal, drop this branch.");
    }

    bool Apply(long a, char operation, long b, long result, long[] left, int depth)
    {
        string equation = $"{Text(a)} {operation} {Text(b)} = {Text(result)}";
        if (!Explore([result, .. left], equation, depth + 1))
        {
            return false;
        }
        _equations.Insert(0, equation);
        return true;
    }

    bool Drop(int depth, string line)
    {
        Line(depth, line);
        return false;
    }

    void Line(int depth, string line) => _log.Append('\n').Append(depth == 0 ? "" : new string(' ', depth) + "|- ").Append(line);

    static IEnumerable<(long A, long B, long[] Left)> Pairs(IReadOnlyList<long> numbers) =>
        from i in Enumerable.Range(0, numbers.Count)
        from j in Enumerable.Range(i + 1, numbers.Count - i - 1)
        select (numbers[i], numbers[j], numbers.Where((_, k) => k != i && k != j).ToArray());

    static string Pair(long a, long b) => $"({Text(a)}, {Text(b)})";

    static string List(IEnumerable<long> numbers) => $"[{string.Join(", ", numbers.Select(Text))}]";

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
