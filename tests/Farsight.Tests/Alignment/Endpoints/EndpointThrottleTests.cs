using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Tests.Support;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Alignment.Endpoints;

public sealed class EndpointThrottleTests
{
    static readonly Backoff s_short = new(TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(1));

    readonly ScaledTime _time = new(100); // ten seconds are a tenth of one

    [Theory]
    [InlineData(EndpointFault.ThrottledForSeconds), InlineData(EndpointFault.ThrottledUntilDate)]
    public async Task Retry_After_is_obeyed_by_all_requests_to_the_endpoint(EndpointFault fault)
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.RetryAfter = 30;
        server.Fault = (_, attempt) => attempt == 0 && server.Requests == 1 ? fault : EndpointFault.None;
        using EndpointSet set = Open(server, o => o with { Retries = 0, FailuresInARow = 1 });

        Task<ChatResponse> first = set.GetResponseAsync(Ask("first"));
        while (set.Usage.Throttles == 0)
        {
            await Task.Delay(1);
        }
        await Task.WhenAll(first, set.GetResponseAsync(Ask("second")));

        DateTimeOffset[] arrivals = [.. server.Arrivals];
        Assert.Equal(3, arrivals.Length);
        Assert.All(
            arrivals[1..],
            a => Assert.True(a - arrivals[0] >= TimeSpan.FromSeconds(fault == EndpointFault.ThrottledUntilDate ? 29 : 30))
        ); // dates have whole seconds
        Assert.Equal((1, 0), (set.Usage.Throttles, set.Usage.Failures));
    }

    [Fact]
    public async Task A_429_that_says_no_time_is_waited_out_longer_each_time()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.Fault = (_, attempt) => attempt < 6 ? EndpointFault.Throttled : EndpointFault.None;
        using EndpointSet set = Open(server, o => o with { Backoff = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60)) });

        await set.GetResponseAsync(Ask("x"));

        DateTimeOffset[] arrivals = [.. server.Arrivals];
        Assert.Equal(7, arrivals.Length);
        Assert.True(arrivals[6] - arrivals[0] >= TimeSpan.FromSeconds(63)); // at least half of 2 + 4 + 8 + 16 + 32 + 60, and a little more
    }

    [Theory]
    [InlineData(0), InlineData(-5)]
    public async Task A_Retry_After_without_a_wait_counts_as_a_failure_and_ends(int seconds)
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.RetryAfter = seconds;
        server.Fault = (_, _) => EndpointFault.ThrottledForSeconds;
        using EndpointSet set = Open(server, o => o);

        string message = (await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask("x")))).Message;

        Assert.StartsWith($"{server.Url} gave no answer 10 times in a row; last error: it answered 429: too many requests. ", message);
        Assert.Equal(10, server.Requests);
    }

    [Fact]
    public async Task A_Retry_After_date_that_has_passed_counts_as_a_failure_and_ends()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.RetryAfter = -3600;
        server.Fault = (_, _) => EndpointFault.ThrottledUntilDate;
        using EndpointSet set = Open(server, o => o with { FailuresInARow = 4 });

        await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask("x")));

        Assert.Equal(4, server.Requests);
    }

    [Fact]
    public async Task An_endpoint_that_puts_everything_off_for_too_long_is_given_up()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.RetryAfter = 100_000;
        server.Fault = (_, _) => EndpointFault.ThrottledForSeconds;
        using EndpointSet set = Open(server, o => o);

        string message = (await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask("x")))).Message;

        Assert.Equal(
            $"{server.Url} gave no answer 1 time; last error: it answered 429: too many requests, "
                + "and asks to wait 100,000 seconds (Retry-After). Rerun the command later to resume, or lower the concurrency.",
            message);
        Assert.Equal(1, server.Requests);
    }

    [Theory]
    [InlineData("NaN"), InlineData("Infinity"), InlineData("-Infinity"), InlineData("soon")]
    public async Task A_Retry_After_that_is_no_time_counts_as_missing(string text)
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        (server.RetryAfterText, server.Fault) = (text, (_, attempt) =>
            attempt == 0 ? EndpointFault.ThrottledForSeconds : EndpointFault.None);
        using EndpointSet set = Open(server, o => o);

        Assert.EndsWith("x", (await set.GetResponseAsync(Ask("x"))).Text);
        Assert.Equal((1, 0), (set.Usage.Throttles, set.Usage.Failures));
    }

    [Fact]
    public async Task A_wait_of_years_at_one_endpoint_leaves_the_work_to_the_other()
    {
        await using FaultyEndpoint busy = await FaultyEndpoint.Start(_time), free = await FaultyEndpoint.Start(_time);
        busy.RetryAfter = 99_999_999;
        busy.Fault = (_, _) => EndpointFault.ThrottledForSeconds;
        using EndpointSet set = EndpointSet.Open(
            new([busy.Url, free.Url], "m") { Backoff = s_short, Patience = TimeSpan.FromDays(4000), Concurrency = 1 }, null, _time);

        ChatResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => set.GetResponseAsync(Ask($"{i}"))));

        Assert.Equal(8, answers.Select(a => a.Text).Distinct().Count());
        Assert.Equal(8, free.Requests);
    }

    [Fact]
    public async Task A_request_that_is_larger_than_the_limit_is_given_up_at_once()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.Fault = (_, _) => EndpointFault.TooLarge;
        using EndpointSet set = Open(server, o => o);

        UnusableAnswerException refused = await Assert.ThrowsAsync<UnusableAnswerException>(() => set.GetResponseAsync(Ask("x")));

        Assert.Equal(
            $"{server.Url} gave no usable answer to a request: it answered 429: Request too large for m on tokens per min (TPM): "
                + "Limit 10, Requested 20.",
            refused.Message);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task A_request_that_is_throttled_while_others_are_answered_ends()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        HashSet<string> first = [];
        server.Fault = (hash, _) =>
        {
            lock (first)
            {
                return first.Count == 0 ? Keep(first, hash) : first.Contains(hash) ? EndpointFault.Throttled : EndpointFault.None;
            }
        };
        using EndpointSet set = Open(server, o => o with { Concurrency = 2, Patience = TimeSpan.FromDays(1) });

        Task<ChatResponse> large = set.GetResponseAsync(Ask("large"));
        using CancellationTokenSource done = new();
        Task others = Task.Run(async () =>
        {
            for (int i = 0; !done.IsCancellationRequested; i++)
            {
                await set.GetResponseAsync(Ask($"{i}"));
            }
        });
        UnusableAnswerException refused = await Assert.ThrowsAsync<UnusableAnswerException>(() => large);
        await done.CancelAsync();
        await others;

        Assert.Equal(
            $"{server.Url} throttled a request 31 times and answered others meanwhile; last error: it answered 429: too many requests. "
                + "The request may be larger than a limit of the account.",
            refused.Message);
    }

    static EndpointFault Keep(HashSet<string> first, string hash)
    {
        first.Add(hash);
        return EndpointFault.Throttled;
    }

    EndpointSet Open(FaultyEndpoint server, Func<EndpointOptions, EndpointOptions> change) =>
        EndpointSet.Open(change(new([server.Url], "m") { Backoff = s_short }), null, _time);

    static ChatMessage[] Ask(string text) => [new(ChatRole.User, text)];
}
