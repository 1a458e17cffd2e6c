namespace Farsight.Alignment.Endpoints;

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

    internal void Cached() => Change(u => u with { FromCache = u.FromCache + 1 });

    internal void Damaged() => Change(u => u with { Damaged = u.Damaged + 1 });

    internal void Failed(EndpointFailure failure) =>
        Change(u => failure.IsThrottle ? u with { Throttles = u.Throttles + 1 } : u with { Failures = u.Failures + 1 });

    internal void Answered(ChatAnswer answer)
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
