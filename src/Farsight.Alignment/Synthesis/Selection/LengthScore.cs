using System.Globalization;
using System.Text.RegularExpressions;

namespace Farsight.Alignment.Synthesis.Selection;

/// <summary>Compares the length of a text with the length that its instruction requires.</summary>
/// <remarks>
/// Sources: LongWriter, arXiv:2408.07055, section 2.2 (score and words), and Minimum Tuning, arXiv:2410.10210 (stated lengths).
/// </remarks>
public static partial class LengthScore
{
    const string Numerals = "一二三四五六七八九";

    /// <summary>Counts words: runs of ASCII letters, and each CJK character. Digits and accented letters do not count.</summary>
    public static int Words(string text) => Word().Count(text);

    /// <summary>Scores a length from 0 to 100: S = 100 · max(0, 1 − (y/x − 1)/3) if y &gt; x, else 100 · max(0, 1 − (x/y − 1)/2).</summary>
    /// <param name="required">x, the required number of words; at least 1.</param>
    /// <param name="actual">y, the number of words. Without words, the score is 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The required number is not positive.</exception>
    public static double Of(int required, int actual)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(required);
        return actual == 0 ? 0
            : actual > required ? 100 * Math.Max(0, 1 - ((((double)actual / required) - 1) / 3))
            : 100 * Math.Max(0, 1 - ((((double)required / actual) - 1) / 2));
    }

    /// <summary>Returns the lengths that an instruction states, in its order: "800 words", "a 1,000-word essay", "500字", "八百字".</summary>
    internal static IReadOnlyList<int> Stated(string instruction) => [.. Statement().Matches(instruction).Select(Number).Where(n => n > 0)];

    static int Number(Match match)
    {
        Group digits = match.Groups["words"].Success ? match.Groups["words"] : match.Groups["characters"];
        if (digits.Success)
        {
            return int.Parse(digits.Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        }
        string numeral = match.Groups["numeral"].Value;
        int unit = match.Groups["unit"].Value switch { "百" => 100, "千" => 1000, _ => 10_000 };
        return unit * (numeral.Length == 0 ? 1 : numeral is "两" ? 2 : Numerals.IndexOf(numeral[0], StringComparison.Ordinal) + 1);
    }

    [GeneratedRegex(@"[a-zA-Z]+|[\u4e00-\u9fff]")]
    private static partial Regex Word();

    [GeneratedRegex(
        @"\b(?<words>\d[\d,]{0,8})[\s-]*words?\b|(?<characters>\d[\d,]{0,8})\s*字|(?<numeral>[一二两三四五六七八九]?)(?<unit>[百千万])字",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Statement();
}
