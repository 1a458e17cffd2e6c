using System.Text;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Endpoints;

public sealed class ChatWireTests
{
    const string Good =
        """{"id":"c-1","model":"m-7b","choices":[{"index":0,"message":{"role":"assistant","content":"Red ☃."},"finish_reason":"stop"}],"""
        + "\"usage\":"
        + """{"prompt_tokens":12,"completion_tokens":3}}""";

    [Fact]
    public void An_answer_is_read() => Assert.Equal(new("Red ☃.", "stop", "m-7b", 12, 3), Read(Good));

    [Theory]
    [InlineData("""{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}""", "", "stop")] // a model may have nothing to say
    [InlineData("""{"choices":[{"message":{"content":"x"}}],"usage":null}""", "x", null)]
    [InlineData("""{"choices":[{"message":{"content":null,"reasoning_content":"hm"},"finish_reason":"length"}]}""", "", "length")]
    [InlineData("""{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":-1,"completion_tokens":1.5}}""", "x", null)]
    [InlineData("""{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":9223372036854775807}}""", "x", null)]
    [InlineData("\uFEFF" + """{"choices":[{"message":{"content":"x"}}]}""", "x", null)]
    [InlineData("""{"choices":[{"index":1,"message":{"content":"y"}},{"index":0,"message":{"content":"x"}}]}""", "x", null)]
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
        InlineData("""{"choices":[{"message":{"content":[1]}}]}""", "no content")
    ]
    [InlineData("""{"choices":[{"message":{"content":"ha"},"finish_reason":"error"}]}""", "broke its answer off with the reason 'error'")]
    [InlineData("""{"choices":[{"message":{"content":"ha"},"finish_reason":"abort"}]}""", "'abort'")]
    [InlineData("""{"error":{"message":"out of memory"}}""", "out of memory"), InlineData("""{"error":"busy"}""", "busy")]
    public void What_is_no_answer_is_a_failure_with_its_reason(string body, string reason) =>
        Assert.Contains(reason, Assert.Throws<EndpointFailure>(() => Read(body)).Message);

    [Theory]
    [InlineData("""[{"type":"think","thinking":[{"type":"text","text":"h"}]},{"type":"text","text":"bl"},{"type":"text","text":"ue"}]""")]
    [InlineData("""["bl","ue"]""")]
    [InlineData("""{"type":"text","text":"blue"}""")]
    public void Content_in_parts_is_the_text_of_its_text_parts(string content) =>
        Assert.Equal("blue", Read($$"""{"choices":[{"message":{"content":{{content}}},"finish_reason":"stop"}]}""").Text);

    [Fact]
    public void A_refusal_beside_null_content_is_the_answer() =>
        Assert.Equal("I cannot.", Read("""{"choices":[{"message":{"content":null,"refusal":"I cannot."},"finish_reason":"stop"}]}""").Text);

    [Theory]
    [InlineData("""{"content":null,"reasoning_content":"nine"}""", "only reasoning; raise the maximum tokens")]
    [InlineData("""{"content":"","reasoning":"nine"}""", "only reasoning")]
    [InlineData("""{"content":[{"type":"thinking","thinking":"nine"}]}""", "only reasoning")]
    [InlineData("""{"content":null,"tool_calls":[{"id":"1","function":{"name":"f"}}]}""", "only tool calls; use a server without tools")]
    public void An_answer_without_text_would_be_given_again(string message, string reason)
    {
        EndpointFailure failure =
            Assert.Throws<EndpointFailure>(() => Read($$"""{"choices":[{"message":{{message}},"finish_reason":"stop"}]}"""));

        Assert.Contains(reason, failure.Message);
        Assert.Equal(1, failure.MaxAttempts);
    }

    [Theory]
    [InlineData("[5,7]", new[] { 5, 7 })]
    [InlineData("[]", new int[0])]
    [InlineData("null", null)]
    [InlineData("""["5"]""", null)]
    [InlineData("[1.5]", null)]
    [InlineData("[4294967296]", null)]
    public void Token_ids_of_another_form_are_those_of_another_server(string ids, int[]? expected) =>
        Assert.Equal(expected, Read($$"""{"choices":[{"message":{"content":"ha"},"token_ids":{{ids}},"finish_reason":"stop"}]}""").Tokens);

    [Fact]
    public void A_secret_is_removed_from_a_complaint_before_it_is_cut()
    {
        byte[] body = Encoding.UTF8.GetBytes(new string('x', 299) + " sk-secret-4711");

        Assert.Equal(new string('x', 299) + " …", ChatWire.Complaint(body, t => t.Replace("sk-secret-4711", "[key]")));
    }

    [Theory]
    [InlineData("<think>\nThe question asks for a place.\n</think>\n\nLocation", "Location")]
    [InlineData("  <thinking>a</think>b</thinking>c", "c")]
    [InlineData("[THINK]a[/THINK]b", "b")]
    [InlineData("◁think▷a◁/think▷b", "b")]
    [InlineData("the template opened it</think>\nb", "b")]
    [InlineData("<think>\n\n</think>\n\nb", "b")]
    [InlineData("<think>never closed", null)]
    [InlineData("An answer that says <think> is one.", "An answer that says <think> is one.")]
    [InlineData("b <think>x</think>", "b <think>x</think>")]
    [InlineData("", "")]
    public void Reasoning_before_the_answer_is_removed_and_an_answer_that_ends_inside_it_has_no_text(string answer, string? text) =>
        Assert.Equal(text, Thought.Remove(answer));

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
            Assert.InRange(ChatWire.Complaint(body, t => t).Length, 1, 301);
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
