using System.Text;
using Farsight.Alignment.Endpoints;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Endpoints;

public sealed class ChatWireTests
{
    const string Good =
        """{"id":"c-1","model":"m-7b","choices":[{"index":0,"message":{"role":"assistant","content":"Red ☃."},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3}}""";

    [Fact]
    public void An_answer_is_read() => Assert.Equal(new("Red ☃.", "stop", "m-7b", 12, 3), Read(Good));

    [Theory]
    [InlineData("""{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}""", "", "stop")] // a model may have nothing to say
    [InlineData("""{"choices":[{"message":{"content":"x"}}],"usage":null}""", "x", null)]
    [InlineData("""{"choices":[{"message":{"content":null,"reasoning_content":"hm"},"finish_reason":"length"}]}""", "", "length")]
    [InlineData("""{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":-1,"completion_tokens":1.5}}""", "x", null)]
    public void What_may_be_missing_is_null(string body, string text, string? reason) =>
        Assert.Equal(new(text, reason, null, null, null), Read(body));

    [Theory]
    [
        InlineData("", "not the valid JSON"),
        InlineData("hello", "not the valid JSON"),
        InlineData("""{"choices":[{"message":{"content":"\ud800"}}]}""", "not the valid JSON")
    ]
    [
        InlineData("[]", "no choice"),
        InlineData("null", "no choice"),
        InlineData("""{"choices":[]}""", "no choice"),
        InlineData("""{"choices":{}}""", "no choice")
    ]
    [
        InlineData("""{"choices":[{}]}""", "no content"),
        InlineData("""{"choices":[null]}""", "no content"),
        InlineData("""{"choices":[{"message":{"content":["x"]}}]}""", "no content")
    ]
    [InlineData("""{"error":{"message":"out of memory"}}""", "out of memory"), InlineData("""{"error":"busy"}""", "busy")]
    public void What_is_no_answer_is_a_failure_with_its_reason(string body, string reason) =>
        Assert.Contains(reason, Assert.Throws<EndpointFailure>(() => Read(body)).Message);

    [Fact]
    public void Damaged_answers_are_failures_or_answers_and_nothing_else()
    {
        int failures = 0;
        foreach (byte[] body in Mutations.OfJson(Encoding.UTF8.GetBytes(Good), 2000))
        {
            try
            {
                Assert.NotNull(ChatWire.Answer(body).Text);
            }
            catch (EndpointFailure)
            {
                failures++;
            }
            Assert.InRange(ChatWire.Complaint(body).Length, 1, 301);
        }
        Assert.InRange(failures, 200, 1900);
    }

    [Fact]
    public void Waiting_doubles_up_to_its_limit_and_half_of_it_is_drawn()
    {
        Backoff backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        SeededRandom random = SeededRandom.For(1, "test", 0);
        double[][] waits =
        [
            .. Enumerable
                .Range(0, 40)
                .Select(failures => Enumerable.Range(0, 200).Select(_ => backoff.Delay(failures, ref random).TotalSeconds).ToArray()),
        ];

        for (int failures = 0; failures < waits.Length; failures++)
        {
            double whole = Math.Min(60, Math.Pow(2, failures));
            Assert.All(waits[failures], w => Assert.InRange(w, whole / 2, whole));
            Assert.InRange(waits[failures].Average(), 0.7 * whole, 0.8 * whole);
        }
    }

    static ChatAnswer Read(string body) => ChatWire.Answer(Encoding.UTF8.GetBytes(body));
}
