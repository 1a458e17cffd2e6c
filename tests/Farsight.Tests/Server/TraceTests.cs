using System.Diagnostics;
using System.Text;

namespace Farsight.Tests.Server;

/// <summary>The spans of requests.</summary>
public sealed class TraceTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    const string Secret = "A quite private question?";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_has_a_span_with_its_phases_below_that_of_the_client(bool streams)
    {
        string trace = streams ? "11111111111111111111111111111111" : "22222222222222222222222222222222", client = "0123456789abcdef";

        List<Activity> spans = await Spans(s => s.TraceId.ToHexString() == trace, () => Send(
            $"00-{trace}-{client}-01",
            $$"""
            {"model":"tiny","messages":[{"role":"user","content":"{{Secret}}"}],"max_tokens":5,"temperature":0,
             "stream":{{(streams ? "true" : "false")}}}
            """), 4);

        Activity request = Assert.Single(spans, s => s.Kind == ActivityKind.Server);
        Assert.Equal(("chat tiny", client), (request.DisplayName, request.ParentSpanId.ToHexString()));
        Assert.Equal(5, request.GetTagItem("gen_ai.usage.output_tokens"));
        Activity[] phases = [.. spans.Where(s => s != request).OrderBy(s => s.StartTimeUtc).ThenBy(s => s.Duration)];
        Assert.Equal(["queue", "prefill", "decode"], phases.Select(p => p.DisplayName));
        Assert.All(phases, p => Assert.Equal(request.SpanId, p.ParentSpanId));
        for (int i = 1; i < phases.Length; i++)
        {
            Assert.Equal(phases[i].StartTimeUtc, phases[i - 1].StartTimeUtc + phases[i - 1].Duration);
        }
        Assert.InRange(phases[^1].StartTimeUtc + phases[^1].Duration, request.StartTimeUtc, request.StartTimeUtc + request.Duration);
        Assert.DoesNotContain("private", string.Concat(spans.SelectMany(s => s.TagObjects).Select(t => $"{t}")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_without_a_span_of_its_client_begins_a_trace()
    {
        List<Activity> spans = await Spans(
            s => s.GetTagItem("gen_ai.usage.input_tokens") is 137,
            () => Send(null, $$"""{"model":"tiny","prompt":[{{string.Join(',', Enumerable.Repeat(5, 137))}}],"max_tokens":1}"""),
            1);

        Activity request = Assert.Single(spans);
        Assert.Equal(("text_completion tiny", null), (request.DisplayName, request.ParentId));
        Assert.Equal("length", Assert.Single(Assert.IsType<string[]>(request.GetTagItem("gen_ai.response.finish_reasons"))));
    }

    async Task Send(string? parent, string json)
    {
        using StringContent content = new(json, Encoding.UTF8, "application/json");
        string path = json.Contains("messages", StringComparison.Ordinal) ? "/v1/chat/completions" : "/v1/completions";
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = content };
        if (parent is not null)
        {
            request.Headers.Add("traceparent", parent);
        }
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        await response.Content.ReadAsStringAsync();
    }

    /// <summary>Returns the spans of a request; other tests of this process have others.</summary>
    static async Task<List<Activity>> Spans(Predicate<Activity> isOwn, Func<Task> action, int count)
    {
        List<Activity> spans = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "Farsight.Server",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (spans)
                {
                    spans.AddRange(isOwn(activity) ? [activity] : []);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await action();
        for (int i = 0; i < 100; i++) // the span of a request ends after its reply
        {
            lock (spans)
            {
                if (spans.Count >= count)
                {
                    return [.. spans];
                }
            }
            await Task.Delay(20);
        }
        return [.. spans];
    }
}
