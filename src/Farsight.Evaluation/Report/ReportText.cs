using System.Globalization;
using System.Net;
using Farsight.Engine;

namespace Farsight.Evaluation.Report;

/// <summary>Formats numbers and words for a report: the same on every machine, safe inside HTML and SVG.</summary>
public static class ReportText
{
    /// <summary>Escapes text, also for attributes in double quotes. Control characters and direction marks become visible.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(VisibleText.Of(text));

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

    /// <summary>Formats a score: a share in percent with one digit, another metric with two digits.</summary>
    public static string Score(bool isShare, double value) => isShare ? PercentOne(value) : Fixed(value, 2);

    /// <summary>Formats a difference of scores with its sign: "+1.2", "−0.4"; "0.0" has none.</summary>
    public static string WithSign(bool isShare, double difference)
    {
        string size = Score(isShare, Math.Abs(difference));
        return size.All(c => c is '0' or '.') ? size : $"{(difference > 0 ? "+" : "−")}{size}";
    }

    /// <summary>Formats a number of examples: 1 → "1 example", 2 → "2 examples".</summary>
    internal static string Examples(int count) => count == 1 ? "1 example" : $"{count.ToString(CultureInfo.InvariantCulture)} examples";

    /// <summary>Capitalizes a text: "subject" → "Subject".</summary>
    internal static string Capitalized(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>Formats a size in binary units: "1.4 GiB", "532 MiB".</summary>
    public static string Bytes(long bytes) => bytes >= 1L << 30
        ? $"{Fixed(bytes / (double)(1L << 30), 1)} GiB"
        : $"{Fixed(bytes / (double)(1L << 20), 0)} MiB";

    /// <summary>Formats a duration: "42 s", "3 min 20 s", "2 h 5 min".</summary>
    public static string Duration(double seconds)
    {
        long whole = (long)Math.Round(seconds, MidpointRounding.AwayFromZero);
        return whole < 10 ? $"{Fixed(seconds, 1)} s"
            : whole < 60 ? string.Create(CultureInfo.InvariantCulture, $"{whole} s")
            : whole < 3600 ? string.Create(CultureInfo.InvariantCulture, $"{whole / 60} min {whole % 60} s")
            : string.Create(CultureInfo.InvariantCulture, $"{whole / 3600} h {whole % 3600 / 60} min");
    }

    /// <summary>Formats a number of any size with about three digits: 12345.6 → "12346", 0.5 → "0.5", 0.0000002 → "2e-7".</summary>
    public static string Rounded(double value) => Math.Abs(value) switch
    {
        >= 100 and < 1e12 => value.ToString("0", CultureInfo.InvariantCulture),
        0 or (>= 1 and < 1e12) => value.ToString("0.##", CultureInfo.InvariantCulture),
        >= 0.001 and < 1 => value.ToString("0.####", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##e0", CultureInfo.InvariantCulture),
    };

    /// <summary>Formats a coordinate or tick: at most two decimals, more for small values.</summary>
    internal static string Number(double value) => Math.Abs(value) switch
    {
        0 or >= 0.1 => value.ToString("0.##", CultureInfo.InvariantCulture),
        >= 0.0001 => value.ToString("0.######", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##e0", CultureInfo.InvariantCulture), // learning rates
    };
}
