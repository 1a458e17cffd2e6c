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

/// <summary>Counts the usage of endpoints from any number of threads.</summary>
sealed class UsageCounter(EndpointPrices? prices)
{
    readonly Lock _lock = new();
    EndpointUsage _usage = new(0, 0, 0, 0, 0, 0, 0, 0, 0, prices is null ? null : 0);

    internal EndpointUsage Usage
    {
        get
        {
            lock (_lock)
            {
                return _usage;
            }
        }
    }

    internal void CountCached() => Change(u => u with { FromCache = u.FromCache + 1 });

    internal void CountDamaged() => Change(u => u with { Damaged = u.Damaged + 1 });

    internal void CountFailure(EndpointFailure failure) =>
        Change(u => failure.IsThrottle ? u with { Throttles = u.Throttles + 1 } : u with { Failures = u.Failures + 1 });

    internal void CountAnswer(ChatAnswer answer)
    {
        bool isCounted = answer is { InputTokens: not null, OutputTokens: not null };
        (long input, long output) = (answer.InputTokens ?? 0, answer.OutputTokens ?? 0);
        Change(u => u with
        {
            Answers = u.Answers + 1,
            CutShort = u.CutShort + (answer.FinishReason == "length" ? 1 : 0),
            InputTokens = u.InputTokens + input,
            OutputTokens = u.OutputTokens + output,
            WithoutCounts = u.WithoutCounts + (isCounted ? 0 : 1),
            Cost = u.Cost + (prices?.Of(input, output) ?? 0),
        });
    }

    void Change(Func<EndpointUsage, EndpointUsage> change)
    {
        lock (_lock)
        {
            _usage = change(_usage);
        }
    }
}
