using System.Numerics;
using System.Text.RegularExpressions;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LCiteEval;

/// <summary>References such as "[3]" in a text.</summary>
public static partial class Citations
{
    /// <summary>The text without them: every "[n" with the space before it, then every " |" and every "]".</summary>
    public static string Remove(string text) =>
        Mark()
            .Replace(SpacedMark().Replace(text, ""), "")
            .Replace(" |", "", StringComparison.Ordinal)
            .Replace("]", "", StringComparison.Ordinal);

    /// <summary>The numbers cited, in order, repeated ones too; those beyond 2³¹ as <see cref="int.MaxValue"/>.</summary>
    public static IReadOnlyList<int> Numbers(string text) =>
        [
            .. Mark()
                .Matches(text)
                .Select(m => PythonNumbers.TryParseInt(m.Value[1..], out BigInteger n) && n < int.MaxValue ? (int)n : int.MaxValue),
        ];

    [GeneratedRegex(@"\[\d+")]
    private static partial Regex Mark();

    [GeneratedRegex(@" \[\d+")]
    private static partial Regex SpacedMark();
}
