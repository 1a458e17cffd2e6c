using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Alignment.Endpoints;

public sealed class EndpointSetTests
{
    static readonly EndpointFault[] s_throttles =
    [
        EndpointFault.Throttled,
        EndpointFault.ThrottledForSeconds,
        EndpointFault.ThrottledUntilDate,
    ];

    static readonly EndpointFault[] s_failures =
    [
        EndpointFault.ServerError,
        EndpointFault.HalfABody,
        EndpointFault.Reset,
    ];

    static readonly EndpointFault[] s_damage = [EndpointFault.Garbage, EndpointFault.NoChoice, EndpointFault.NoContent];

    static readonly Backoff s_short = new(TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(1));

    readonly ScaledTime _time = new(100); // ten seconds are a tenth of one

    [Fact]
    public async Task A_question_with_its_options_reaches_the_endpoint_and_its_answer_comes_back()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        using EndpointSet set = EndpointSet.Open(new([server.Url], "some-model"));

        ChatResponse answer = await set.GetResponseAsync(
            [new(ChatRole.System, "Be \"brief\"."), new(ChatRole.User, "Straße 🚗 \ud83d half")],
            new() { Temperature = 0.5f, TopP = 0.9f, Seed = 7, MaxOutputTokens = 33, StopSequences = ["\n", "END"] });

        Assert.Equal(
            """{"model":"some-model","messages":"""
                + """[{"role":"system","content":"Be \"brief\"."},{"role":"user","content":"Straße 🚗 � half"}],"temperature":"""
                + """0.5,"top_p":0.9,"max_tokens":33,"seed":7,"stop":["\n","END"]}""",
            Assert
                .Single(server.Bodies)
                .ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })
                .Replace("\\uD83D\\uDE97", "🚗"));
        Assert.EndsWith("Straße 🚗 � half", answer.Text);
        Assert.Equal(
            (ChatFinishReason.Stop, "some-model", 10, 5),
            (answer.FinishReason, answer.ModelId, answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount));
        Assert.Null(Assert.Single(server.Authorizations));
    }

    [Fact]
    public async Task Two_thousand_requests_through_faults_end_with_the_answers_of_a_healthy_server()
    {
        ScaledTime time = new(500);
        await using FaultyEndpoint healthy = await FaultyEndpoint.Start(), faulty = await FaultyEndpoint.Start(time);
        Func<string, int, EndpointFault>[] faults =
        [
            FaultyEndpoint.Seeded(1, 0.2, 6, s_failures),
            FaultyEndpoint.Seeded(4, 0.2, 2, s_damage),
            FaultyEndpoint.Seeded(2, 0.08, 6, s_throttles),
            FaultyEndpoint.Seeded(3, 0.005, 6, EndpointFault.Silence),
        ];
        faulty.Fault = (hash, attempt) => faults.Max(f => f(hash, attempt));
        EndpointOptions options = new([healthy.Url], "m") { Concurrency = 16 };
        using EndpointSet calm = EndpointSet.Open(options);
        using EndpointSet tried = EndpointSet.Open(
            options with
            {
                Urls = [faulty.Url],
                Timeout = TimeSpan.FromSeconds(100),
                Retries = 20,
                FailuresInARow = 50,
                Patience = TimeSpan.FromDays(1),
            },
            null,
            time);

        string[] expected = await AskAll(calm, 2000);
        string[] answers = await AskAll(tried, 2000);

        Assert.Equal(expected, answers);
        Assert.Equal(2000, answers.Distinct().Count());
        Assert.Equal(
            [EndpointFault.None, .. s_throttles.Concat(s_failures).Concat(s_damage).Append(EndpointFault.Silence).Order()],
            faulty.Served.Keys.Order());
        Assert.Equal(2000, tried.Usage.Answers);
        Assert.True(tried.Usage.Failures > 600 && tried.Usage.Throttles > 60);
        Assert.InRange(faulty.MostInFlight, 2, 16);
    }

    [Fact]
    public async Task An_endpoint_that_keeps_failing_ends_everything_with_one_sentence()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.Fault = (_, _) => EndpointFault.ServerError;
        List<string> notices = [];
        using EndpointSet set = Open(server, o => o with { Concurrency = 2, FailuresInARow = 5, Retries = 50 }, notices.Add);

        EndpointException[] told = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask($"{i}")))));

        Assert.All(
            told,
            e =>
                Assert.Equal(
                    $"{server.Url} gave no answer 5 times in a row; last error: it answered 500: <html>broken</html>. "
                        + "Check that the server runs and that its address is right, then rerun the command to resume.",
                    e.Message));
        Assert.All(told, e => Assert.Null(e.Refusal));
        Assert.InRange(server.Requests, 5, 10);
        Assert.Contains("3 times in a row", Assert.Single(notices));
    }

    [Fact]
    public async Task Where_nobody_listens_the_sentence_says_so()
    {
        string url;
        await using (FaultyEndpoint server = await FaultyEndpoint.Start())
        {
            url = server.Url;
        }
        using EndpointSet set = EndpointSet.Open(new([url], "m") { Retries = 1 }, null, _time);

        string message = (await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask("x")))).Message;

        Assert.StartsWith($"{url} gave no usable answer to a request in 2 attempts; last error: the connection failed: ", message);
    }

    [Fact]
    public async Task An_endpoint_that_nobody_ever_reached_is_given_up_at_the_third_refused_connection()
    {
        string url;
        await using (FaultyEndpoint server = await FaultyEndpoint.Start())
        {
            url = server.Url;
        }
        using EndpointSet set = EndpointSet.Open(new([url], "m"), null, _time);

        EndpointException failed = await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask("x")));

        Assert.StartsWith($"{url} gave no answer 3 times in a row; last error: the connection failed: ", failed.Message);
        Assert.True(failed.IsUnreachable);
    }

    [Theory]
    [InlineData(EndpointFault.Garbage), InlineData(EndpointFault.NoChoice), InlineData(EndpointFault.NoContent)]
    [InlineData(EndpointFault.DamagedCompression)]
    public async Task An_answer_that_is_damaged_three_times_is_not_requested_again(EndpointFault fault)
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.Fault = (_, _) => fault;
        using EndpointSet set = Open(server, o => o);

        string message = (await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask("x")))).Message;

        Assert.StartsWith($"{server.Url} gave no usable answer to a request in 3 attempts; last error: ", message);
        Assert.Equal(3, server.Requests);
    }

    [Fact]
    public async Task An_answer_that_ends_inside_its_reasoning_is_unusable()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Text = _ => "<think>a place";
        using EndpointSet set = Open(server, o => o);

        Assert.Equal(
            "m gave no usable answer to a request: its answer has no text, only reasoning; "
                + "raise the maximum tokens, or switch the model's reasoning off.",
            (await Assert.ThrowsAsync<UnusableAnswerException>(() => set.GetResponseAsync(Ask("x")))).Message);
    }

    [Fact]
    public async Task An_answer_with_reasoning_only_is_requested_once()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Instead = _ => (200, """{"choices":[{"message":{"content":null,"reasoning_content":"nine"},"finish_reason":"stop"}]}""");
        using EndpointSet set = Open(server, o => o);

        string message = (await Assert.ThrowsAsync<UnusableAnswerException>(() => set.GetResponseAsync(Ask("x")))).Message;

        Assert.Equal(
            $"{server.Url} gave no usable answer to a request: its answer has no text, only reasoning; "
                + "raise the maximum tokens, or switch the model's reasoning off.",
            message);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task An_answer_beyond_the_size_limit_is_refused_without_reading_all_of_it()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Text = _ => new string('x', ChatPost.MostAnswerBytes + 1);
        using EndpointSet set = Open(server, o => o);

        string message = (await Assert.ThrowsAsync<UnusableAnswerException>(() => set.GetResponseAsync(Ask("x")))).Message;

        Assert.Equal($"{server.Url} gave no usable answer to a request: its answer is larger than 8 MiB.", message);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task Reasoning_at_the_beginning_of_answers_is_removed_and_reported_once()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Text = _ => "<think>a place</think>\n\nLocation";
        List<string> notices = [];
        using EndpointSet set = Open(server, o => o, notices.Add);

        string[] answers = await AskAll(set, 3);

        Assert.All(answers, a => Assert.Equal("Location", a));
        Assert.Contains("m begins answers with its reasoning", Assert.Single(notices));
    }

    [Fact]
    public async Task A_broken_endpoint_is_left_out_while_another_works_and_comes_back_when_it_is_well()
    {
        await using FaultyEndpoint well = await FaultyEndpoint.Start(_time), broken = await FaultyEndpoint.Start(_time);
        broken.Fault = (_, _) => EndpointFault.Reset;
        well.Delay = broken.Delay = TimeSpan.FromSeconds(0.3);
        using EndpointSet set = EndpointSet.Open(
            new([broken.Url, well.Url], "m")
            {
                Concurrency = 4,
                FailuresInARow = 4,
                Backoff = s_short,
                Rest = TimeSpan.FromSeconds(20),
            },
            null,
            _time);

        string[] answers = await AskAll(set, 200);
        int failed = broken.Requests;
        broken.Fault = (_, _) => EndpointFault.None;
        await Task.Delay(TimeSpan.FromSeconds(30), _time);
        string[] again = await AskAll(set, 200);

        Assert.Equal(200, well.Served[EndpointFault.None] - again.Length + broken.Served[EndpointFault.None]);
        Assert.Equal(answers, again);
        Assert.InRange(failed, 1, 40);
        Assert.True(broken.Served[EndpointFault.None] > 60); // a place at a time would be a fifth of the work
    }

    [Fact]
    public async Task Work_is_spread_over_endpoints_and_none_has_more_than_it_may()
    {
        await using FaultyEndpoint one = await FaultyEndpoint.Start(), other = await FaultyEndpoint.Start();
        one.Delay = other.Delay = TimeSpan.FromMilliseconds(2);
        using EndpointSet set = EndpointSet.Open(new([one.Url, other.Url], "m") { Concurrency = 3 });

        await AskAll(set, 200);

        Assert.True(one.Requests > 20 && other.Requests > 20);
        Assert.Equal((3, 3, 200), (one.MostInFlight, other.MostInFlight, one.Requests + other.Requests));
    }

    [Fact]
    public async Task A_request_that_no_attempt_answers_ends_with_the_last_reason()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.Fault = (_, _) => EndpointFault.Silence;
        using EndpointSet set = Open(server, o => o with { Timeout = TimeSpan.FromSeconds(10), Retries = 2 });

        string message = (await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask("x")))).Message;

        Assert.Equal(
            $"{server.Url} gave no usable answer to a request in 3 attempts; last error: there was no complete answer within 10 seconds. "
                + "Check the server, then rerun the command to resume.",
            message);
        Assert.Equal(3, server.Requests);
    }

    [Theory]
    [InlineData(EndpointFault.BadRequest, 400, "refuses the request with 400: this model's maximum context length is 10 tokens. ")]
    [InlineData(EndpointFault.QuotaSpent, 429, "refuses the request with 429: You exceeded your current quota. Check the account's quota")]
    [InlineData(EndpointFault.Unauthorized, 401, "Put a key into the environment variable FARSIGHT_API_KEY")]
    public async Task A_refusal_is_final_and_says_what_the_server_said(EndpointFault fault, int status, string said)
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Fault = (_, _) => fault;
        using EndpointSet set = Open(server, o => o);

        EndpointException refused = await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask("x")));

        Assert.Equal(status, (int)refused.Refusal!);
        Assert.StartsWith(server.Url + " refuses", refused.Message);
        Assert.Contains(said, refused.Message);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task Who_cancels_is_let_go_and_leaves_a_place_to_the_next()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Fault = (_, _) => server.Requests == 1 ? EndpointFault.Silence : EndpointFault.None;
        using EndpointSet set = Open(server, o => o with { Concurrency = 1 });
        using CancellationTokenSource cancel = new();

        Task<ChatResponse> asked = set.GetResponseAsync(Ask("a"), cancellationToken: cancel.Token);
        Task<ChatResponse> waiting = set.GetResponseAsync(Ask("b"), cancellationToken: cancel.Token);
        while (server.Requests == 0)
        {
            await Task.Delay(1);
        }
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.EndsWith("c", (await set.GetResponseAsync(Ask("c"))).Text);
        Assert.Equal(2, server.Requests); // b was never sent
    }

    [Fact]
    public async Task Tokens_are_counted_from_the_answers_and_what_was_not_counted_is_said()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        using EndpointSet set = Open(server, o => o with { Prices = new(2, 6) });

        await AskAll(set, 3);
        (server.CountsTokens, server.FinishReason) = (false, "length");
        ChatResponse cut = await set.GetResponseAsync(Ask("more"));

        Assert.Equal((ChatFinishReason.Length, (UsageDetails?)null), (cut.FinishReason, cut.Usage));
        Assert.Equal(new EndpointUsage(4, 0, 0, 0, 0, 1, 30, 15, 1, (30 * 2 + 15 * 6) / 1_000_000m), set.Usage);
        Assert.Equal(set.Usage, set.GetService(typeof(EndpointUsage)));
        Assert.Equal(
            "4 answers from endpoints, 1 cut at their maximum tokens, 30 tokens read and 15 written, "
                + "1 answers whose tokens were not counted, cost 0.0002",
            set.Usage.ToString());
    }

    [Fact]
    public async Task A_stream_is_the_same_answer()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        using EndpointSet set = Open(server, o => o);

        ChatResponse streamed = await set.GetStreamingResponseAsync(Ask("x")).ToChatResponseAsync();

        Assert.Equal((await set.GetResponseAsync(Ask("x"))).Text, streamed.Text);
        Assert.Equal((ChatFinishReason.Stop, 5), (streamed.FinishReason, streamed.Usage!.OutputTokenCount));
    }

    EndpointSet Open(FaultyEndpoint server, Func<EndpointOptions, EndpointOptions> change, Action<string>? notice = null) =>
        EndpointSet.Open(change(new([server.Url], "m") { Backoff = s_short }), notice, _time);

    static async Task<string[]> AskAll(EndpointSet set, int count) =>
        [
            .. (
                await Task.WhenAll(Enumerable.Range(0, count).Select(i => set.GetResponseAsync(Ask($"question {i}"), new() { Seed = i })))
            ).Select(r => r.Text),
        ];

    static ChatMessage[] Ask(string text) => [new(ChatRole.User, text)];
}
