using Farsight.Alignment.Endpoints;
using Farsight.Engine;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Endpoints;

public sealed class EndpointSetTests
{
    static readonly EndpointFault[] s_passing =
    [
        EndpointFault.Throttled, EndpointFault.ThrottledForSeconds, EndpointFault.ThrottledUntilDate, EndpointFault.ServerError, EndpointFault.HalfABody,
        EndpointFault.Garbage, EndpointFault.NoChoice, EndpointFault.NoContent, EndpointFault.Reset,
    ];

    readonly ScaledTime _time = new(100); // ten seconds of silence are a tenth of one

    [Fact]
    public async Task A_question_with_its_options_reaches_the_endpoint_and_its_answer_comes_back()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        using EndpointSet set = EndpointSet.Open(new([server.Url], "some-model"));

        ChatResponse answer = await set.GetResponseAsync(
            [new(ChatRole.System, "Be \"brief\"."), new(ChatRole.User, "Straße 🚗 \ud83d half")],
            new() { Temperature = 0.5f, TopP = 0.9f, Seed = 7, MaxOutputTokens = 33, StopSequences = ["\n", "END"] });

        Assert.Equal(
            """{"model":"some-model","messages":[{"role":"system","content":"Be \"brief\"."},{"role":"user","content":"Straße 🚗 � half"}],"temperature":0.5,"top_p":0.9,"max_tokens":33,"seed":7,"stop":["\n","END"]}""",
            Assert.Single(server.Bodies).ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }).Replace("\\uD83D\\uDE97", "🚗"));
        Assert.EndsWith("Straße 🚗 � half", answer.Text);
        Assert.Equal((ChatFinishReason.Stop, "some-model", 10, 5), (answer.FinishReason, answer.ModelId, answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount));
        Assert.Null(Assert.Single(server.Authorizations));
    }

    [Fact]
    public async Task Two_thousand_requests_through_faults_end_with_the_answers_of_a_healthy_server()
    {
        await using FaultyEndpoint healthy = await FaultyEndpoint.Start(), faulty = await FaultyEndpoint.Start(_time);
        Func<string, int, EndpointFault> often = FaultyEndpoint.Seeded(1, 0.35, 6, s_passing), seldom = FaultyEndpoint.Seeded(2, 0.01, 6, EndpointFault.Silence);
        faulty.Fault = (hash, attempt) => seldom(hash, attempt) is var silence and not EndpointFault.None ? silence : often(hash, attempt);
        EndpointOptions options = new([healthy.Url], "m") { Concurrency = 16 };
        using EndpointSet calm = EndpointSet.Open(options);
        using EndpointSet tried = EndpointSet.Open(options with { Urls = [faulty.Url], Timeout = TimeSpan.FromSeconds(30), Retries = 12, FailuresInARow = 100 }, null, _time);

        string[] expected = await AskAll(calm, 2000);
        string[] answers = await AskAll(tried, 2000);

        Assert.Equal(expected, answers);
        Assert.Equal(2000, answers.Distinct().Count());
        Assert.Equal([.. s_passing.Append(EndpointFault.None).Append(EndpointFault.Silence).Order()], faulty.Served.Keys.Order());
        Assert.Equal(2000, tried.Usage.Answers);
        Assert.Equal(faulty.Requests, tried.Usage.Answers + tried.Usage.Failures + tried.Usage.Throttles);
        Assert.InRange(faulty.Requests, 2600, 4000);
        Assert.InRange(faulty.MostInFlight, 2, 16);
    }

    static async Task<string[]> AskAll(EndpointSet set, int count) =>
        [.. (await Task.WhenAll(Enumerable.Range(0, count).Select(i => set.GetResponseAsync(Ask($"question {i}"), new() { Seed = i })))).Select(r => r.Text)];

    static ChatMessage[] Ask(string text) => [new(ChatRole.User, text)];
}
