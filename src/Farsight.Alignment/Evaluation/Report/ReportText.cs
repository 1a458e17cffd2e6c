using System.Globalization;
using System.Net;

namespace Farsight.Alignment.Evaluation.Report;

/// <summary>Numbers and words as a report shows them: the same on every machine, safe inside HTML and SVG.</summary>
static class ReportText
{
    /// <summary>For text and for attributes in double quotes.</summary>
    internal static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>1024 → "1K", 131072 → "128K", 1000 → "1000".</summary>
    internal static string Tokens(double length) =>
        length >= 1024 && length % 512 == 0 ? $"{Number(length / 1024)}K" : Number(length);

    /// <summary>0.875 → "88".</summary>
    internal static string Percent(double share) =>
        Math.Round((decimal)share * 100, MidpointRounding.AwayFromZero).ToString("0", CultureInfo.InvariantCulture);

    /// <summary>A coordinate or tick: at most two decimals, more for small values.</summary>
    internal static string Number(double value) =>
        value != 0 && Math.Abs(value) < 0.1
            ? value.ToString("0.######", CultureInfo.InvariantCulture)
            : value.ToString("0.##", CultureInfo.InvariantCulture);
}
