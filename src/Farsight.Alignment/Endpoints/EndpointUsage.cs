using System.Globalization;

namespace Farsight.Alignment.Endpoints;

/// <summary>Counts requests, tokens and their cost.</summary>
/// <param name="Answers">Number of answers from endpoints.</param>
/// <param name="FromCache">Number of requests that the cache answered.</param>
/// <param name="Failures">Number of attempts without a usable answer.</param>
/// <param name="Throttles">Number of attempts that an endpoint throttled.</param>
/// <param name="Damaged">Number of damaged cache entries, whose requests were sent again.</param>
/// <param name="CutShort">Number of answers that ended at the maximum tokens.</param>
/// <param name="InputTokens">Prompt tokens of <paramref name="Answers"/>, as far as endpoints counted them.</param>
/// <param name="OutputTokens">Answer tokens, as far as endpoints counted them.</param>
/// <param name="WithoutCounts">Number of answers whose tokens the endpoint did not count.</param>
/// <param name="Cost">Cost of the counted tokens; null without prices.</param>
public sealed record EndpointUsage(
    long Answers, long FromCache, long Failures, long Throttles, long Damaged, long CutShort,
    long InputTokens, long OutputTokens, long WithoutCounts, decimal? Cost)
{
    /// <summary>Returns one line for people; zero counts are left out.</summary>
    public override string ToString()
    {
        string[] parts =
        [
            Text($"{Answers:N0} answers from endpoints"),
            .. Some(FromCache, "from the cache"),
            .. Some(CutShort, "cut at their maximum tokens"),
            .. Some(Failures, "attempts failed"),
            .. Some(Throttles, "attempts throttled by the endpoint"),
            .. Some(Damaged, "damaged cache entries replaced"),
            Text($"{InputTokens:N0} tokens read and {OutputTokens:N0} written"),
            .. Some(WithoutCounts, "answers whose tokens were not counted"),
            .. Cost is { } cost ? (string[])[Text($"cost {cost:0.####}")] : [],
        ];
        return string.Join(", ", parts);

        static string[] Some(long count, string what) => count == 0 ? [] : [Text($"{count:N0} {what}")];
        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
