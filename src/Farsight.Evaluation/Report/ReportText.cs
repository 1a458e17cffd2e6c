using System.Globalization;
using System.Net;
using Farsight.Engine;

namespace Farsight.Evaluation.Report;

/// <summary>Formats numbers and words for a report: the same on every machine, safe inside HTML and SVG.</summary>
public static class ReportText
{
    /// <summary>Escapes text, also for attributes in double quotes. Control characters and direction marks become visible.</summary>
    internal static string Escape(string text) => WebUtility.HtmlEncode(VisibleText.Of(text));

    /// <summary>Formats tokens: 1024 → "1K", 131072 → "128K", 1000 → "1000".</summary>
    public static string Tokens(double length) =>
        length >= 1024 && length % 512 == 0 ? $"{Number(length / 1024)}K" : Number(length);

    /// <summary>Formats percent: 0.875 → "88".</summary>
    public static string Percent(double share) =>
        Math.Round((decimal)share * 100, MidpointRounding.AwayFromZero).ToString("0", CultureInfo.InvariantCulture);

    /// <summary>Formats percent with one digit: 0.875 → "87.5".</summary>
    public static string PercentOne(double share) => Fixed(share * 100, 1);

    /// <summary>Formats a number with fixed digits after the point; tens of thousands have none.</summary>
    public static string Fixed(double value, int digits) => !double.IsFinite(value) || Math.Abs(value) >= 1e12
        ? value.ToString("0.###e0", CultureInfo.InvariantCulture)
        : Math.Round((decimal)value, Math.Abs(value) >= 10_000 ? 0 : digits, MidpointRounding.AwayFromZero)
            .ToString(Math.Abs(value) >= 10_000 ? "0" : $"F{digits}", CultureInfo.InvariantCulture);

    /// <summary>Formats a number of examples: 1 → "1 example", 2 → "2 examples".</summary>
    internal static string Examples(int count) => count == 1 ? "1 example" : $"{count.ToString(CultureInfo.InvariantCulture)} examples";

    /// <summary>Capitalizes a text: "subject" → "Subject".</summary>
    internal static string Capitalized(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>Formats a coordinate or tick: at most two decimals, more for small values.</summary>
    internal static string Number(double value) =>
        value != 0 && Math.Abs(value) < 0.1
            ? value.ToString("0.######", CultureInfo.InvariantCulture)
            : value.ToString("0.##", CultureInfo.InvariantCulture);
}
