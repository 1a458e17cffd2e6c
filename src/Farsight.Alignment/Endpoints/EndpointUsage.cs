using System.Globalization;

namespace Farsight.Alignment.Endpoints;

/// <summary>What was asked so far, and what it took.</summary>
/// <param name="Answers">Answers that endpoints gave.</param>
/// <param name="FromCache">Requests that the cache answered.</param>
/// <param name="Failures">Attempts without a usable answer; requests asked again, unless they were the last attempt.</param>
/// <param name="Throttles">Attempts that an endpoint put off.</param>
/// <param name="Damaged">Entries of the cache that were damaged and asked again.</param>
/// <param name="CutShort">Answers that ended at the limit of tokens.</param>
/// <param name="InputTokens">Of the prompts of <paramref name="Answers"/>, as far as endpoints said.</param>
/// <param name="OutputTokens">Of these answers, likewise.</param>
/// <param name="WithoutCounts">Answers whose endpoint did not say how many tokens they took.</param>
/// <param name="Cost">Of the counted tokens; null without prices.</param>
public sealed record EndpointUsage(
    long Answers, long FromCache, long Failures, long Throttles, long Damaged, long CutShort,
    long InputTokens, long OutputTokens, long WithoutCounts, decimal? Cost)
{
    /// <summary>One line for people: what is zero and means nothing is left out.</summary>
    public override string ToString()
    {
        string[] parts =
        [
            Text($"{Answers:N0} answers from endpoints"),
            .. Some(FromCache, "from the cache"),
            .. Some(CutShort, "cut short at their limit of tokens"),
            .. Some(Failures, "attempts failed"),
            .. Some(Throttles, "attempts put off by the endpoint"),
            .. Some(Damaged, "damaged cache entries asked again"),
            Text($"{InputTokens:N0} tokens read and {OutputTokens:N0} written"),
            .. Some(WithoutCounts, "answers whose tokens were not counted"),
            .. Cost is { } cost ? (string[])[Text($"cost {cost:0.####}")] : [],
        ];
        return string.Join(", ", parts);

        static string[] Some(long count, string what) => count == 0 ? [] : [Text($"{count:N0} {what}")];
        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
