using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Judged;

/// <summary>Reads the rating from a judge's verdict.</summary>
static partial class JudgeRating
{
    /// <summary>Reads MT-Bench's rating: the first number in double brackets, else the first in single ones; null for none.</summary>
    internal static double? First(string verdict) =>
        Number(Doubly().Match(verdict).Groups[1].Value) ?? Number(Singly().Match(verdict).Groups[1].Value);

    /// <summary>Reads LongBench-Chat's rating: the first number in the last double brackets; null for none.</summary>
    internal static double? Last(string verdict) =>
        Bracketed().Matches(verdict) is { Count: > 0 } all ? Number(Decimal().Match(all[^1].Groups[1].Value).Value) : null;

    static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) ? value : null;

    [GeneratedRegex(@"\[\[([0-9]+\.?[0-9]*)\]\]")]
    private static partial Regex Doubly();

    [GeneratedRegex(@"\[([0-9]+\.?[0-9]*)\]")]
    private static partial Regex Singly();

    [GeneratedRegex(@"\[\[([^\]]+)\]\]")]
    private static partial Regex Bracketed();

    [GeneratedRegex(@"[0-9]+\.[0-9]+|[0-9]+")]
    private static partial Regex Decimal();
}
