using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.NitiBench;

/// <summary>Represents a section of a Thai law.</summary>
/// <param name="Law">Name of the law.</param>
/// <param name="Section">Number of the section.</param>
readonly record struct LawSection(string Law, string Section);

/// <summary>Compares the sections that an answer cites with the right ones, as NitiBench (Akarajaradwong et al. 2025) does.</summary>
static partial class LawCitations
{
    const string StampDuty = "บัญชีอัตราอากรแสตมป์", RevenueCode = "ประมวลรัษฎากร";

    /// <summary>
    /// Computes the scores from the numbers of right, generated and reference citations: of one item, or sums over items.
    /// </summary>
    /// <remarks>
    /// Clean: precision is the share of the generated citations that are right. Official: precision and recall are swapped in the program.
    /// F1 is the same.
    /// </remarks>
    internal static PrecisionRecall Of(int common, int generated, int reference, MetricMode mode = MetricMode.Official)
    {
        PrecisionRecall clean = PrecisionRecall.Of(common, generated, reference);
        return mode == MetricMode.Clean ? clean : new(clean.Recall, clean.Precision, clean.F1);
    }

    /// <summary>
    /// Cuts a generated citation to law and section: numbers of paragraphs are left out, the stamp duty schedule has a form.
    /// </summary>
    internal static LawSection Cut(string law, string section)
    {
        string text = $"{law}-{section}";
        if (Pattern().Match(text) is { Success: true } match)
        {
            text = match.Value;
        }
        else if (
            (law.Contains(StampDuty, StringComparison.Ordinal) || section.Contains(StampDuty, StringComparison.Ordinal))
            && PythonStrings.DigitRuns(section) is [var number, ..])
        {
            text = $"{RevenueCode}-{StampDuty} {number}";
        }
        string[] parts = text.Split('-');
        return new(parts[0], parts[1]);
    }

    [GeneratedRegex(@"\A.*-\d+\/?\.?\d*(?:\s*\([^\d\s()]+\)|\s*(?!วรรค)[^\d\s()]+)?")]
    private static partial Regex Pattern();
}
