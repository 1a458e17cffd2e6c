using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Alignment.Endpoints;

/// <summary>Keys of a request that a server does not accept.</summary>
public sealed class RejectedKeyTests
{
    static readonly string[] s_rejectedKeys = ["temperature", "seed", "stop", "top_p"];

    [Theory]
    [InlineData(
        400,
        """{"error":{"message":"'max_tokens' is not supported. Use 'max_completion_tokens' instead.","param":"max_tokens"}}""",
        "max_tokens",
        "with max_completion_tokens instead of max_tokens")]
    [InlineData(
        400,
        """{"error":{"message":"Unsupported value: 'temperature' does not support 0.5 with this model.","param":"temperature"}}""",
        "temperature",
        "without temperature")]
    [InlineData(422, """{"detail":[{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}]}""", "seed", "without seed")]
    [InlineData(400, """{"error":"unknown field \"stop\""}""", "stop", "without stop")]
    public async Task A_key_that_a_server_rejects_is_left_out_from_then_on_and_reported_once(
        int status, string body, string key, string form)
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Instead = request => request[key] is null ? null : (status, body);
        List<string> notices = [];
        using EndpointSet set = Open(server, notices.Add);
        ChatOptions options = new() { Temperature = 0.5f, Seed = 7, MaxOutputTokens = 33, StopSequences = ["END"] };

        await set.GetResponseAsync(Ask("x"), options);
        await set.GetResponseAsync(Ask("y"), options);

        Assert.Equal(3, server.Requests);
        Assert.Equal($"{server.Url} refuses some keys of requests; they are sent {form}.", Assert.Single(notices));
        Assert.Equal(33, (int)(server.Bodies.Last()["max_tokens"] ?? server.Bodies.Last()["max_completion_tokens"])!);
    }

    [Fact]
    public async Task A_completion_names_the_options_that_the_server_rejected_from_the_cache_too()
    {
        using TemporaryFolder folder = new();
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Instead = request => request["seed"] is null ? null : (400, """{"error":"unknown field \"seed\""}""");
        using EndpointSet set = Open(server, cache: folder["cache"]);
        CompletionRequest request = new(Prompt.User("x"), new(10) { Seed = 7 });

        Completion sent = (await set.AsLanguageModel().CompleteAsync([request]))[0];
        Completion cached = (await set.AsLanguageModel().CompleteAsync([request]))[0];
        Completion plain = (await set.AsLanguageModel().CompleteAsync([request with { Options = new(10) }]))[0];

        Assert.Equal(["seed"], sent.OmittedOptions);
        Assert.Equal(["seed"], cached.OmittedOptions);
        Assert.Empty(plain.OmittedOptions);
    }

    [Fact]
    public async Task Several_rejected_keys_are_left_out_one_after_the_other()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Instead = request =>
            s_rejectedKeys.FirstOrDefault(k => request[k] is not null) is { } key
                ? (400, $$$"""{"error":{"message":"Unrecognized request argument supplied: {{{key}}}"}}""")
                : null;
        List<string> notices = [];
        using EndpointSet set = Open(server, notices.Add);

        await set.GetResponseAsync(Ask("x"), new() { Temperature = 0.5f, TopP = 0.5f, Seed = 7, StopSequences = ["END"] });

        Assert.Equal(5, server.Requests);
        Assert.EndsWith("they are sent without seed, stop, temperature, top_p.", Assert.Single(notices));
    }

    [Fact]
    public async Task A_value_out_of_range_is_a_refusal_and_no_key_is_left_out()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Instead = _ =>
            (400, """{"error":{"message":"max_tokens is too large: 9000. This model supports at most 4096.","param":"max_tokens"}}""");
        using EndpointSet set = Open(server);

        EndpointException refused =
            await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask("x"), new() { MaxOutputTokens = 9000 }));

        Assert.Contains("max_tokens is too large", refused.Message);
        Assert.Equal(1, server.Requests);
    }

    static EndpointSet Open(FaultyEndpoint server, Action<string>? notice = null, string? cache = null) =>
        EndpointSet.Open(new([server.Url], "m") { Cache = cache }, notice);

    static ChatMessage[] Ask(string text) => [new(ChatRole.User, text)];
}
