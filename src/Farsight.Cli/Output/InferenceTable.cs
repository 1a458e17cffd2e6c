using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Output;

/// <summary>Formats the times of batched and single inference.</summary>
static class InferenceTable
{
    internal static void Write(InferenceTimes times, bool isJson) => Console.WriteLine(isJson ? Json(times).ToJsonString() : Text(times));

    static JsonObject Json(InferenceTimes t) => new()
    {
        ["samples"] = t.Samples,
        ["seconds"] = Math.Round(t.Seconds, 4),
        ["samples_per_second"] = Math.Round(t.Rate, 3),
        ["times_one_by_one"] = Math.Round(t.TimesAlone, 2),
        ["alone"] = t.Alone,
        ["seconds_alone"] = Math.Round(t.SecondsAlone, 4),
        ["gflop"] = Math.Round(t.Flops / 1e9, 1),
        ["peak_gflops"] = Math.Round(t.Peak.AllCores / 1e9, 1),
        ["share_of_peak"] = Math.Round(t.ShareOfPeak, 4),
    };

    static string Text(InferenceTimes t) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        batched      {t.Samples} in {t.Seconds:F2} s, {t.Rate:F1} per second
        one by one   {t.Alone} in {t.SecondsAlone:F2} s, {t.Alone / t.SecondsAlone:F1} per second
        speedup      {t.TimesAlone:F1}
        operations   {t.Flops / t.Samples / 1e9:F2} GFLOP per item
        throughput   {t.ShareOfPeak:P1} of the peak of {t.Peak.AllCores / 1e9:F1} GFLOP/s
        """);
}
