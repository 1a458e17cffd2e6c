using System.Net;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Evaluation.Core;
using Farsight.Text.Conversations;

namespace Farsight.Tests.Server;

public sealed class ChatEndpointTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    const string Path = "/v1/chat/completions";

    static readonly int[] s_seeds = [1, 2];
    static readonly string[] s_questions = ["Where is the lamp?", "Who has the key?"];

    static string Body(string more = "", string content = "Where is the lamp?") =>
        $$"""{"model":"tiny","messages":[{"role":"user","content":"{{content}}"}],"max_tokens":12,"temperature":0{{more}}}""";

    [Fact]
    public async Task A_greedy_answer_is_that_of_the_local_model_whole_and_streamed()
    {
        Completion local = (await server.Local.LanguageModel.CompleteAsync([new(Prompt.User("Where is the lamp?"), new(12))]))[0];

        JsonNode whole = (await server.Post(Path, Body())).Json;
        JsonNode[] events = (await server.Post(Path, Body(""","stream":true,"stream_options":{"include_usage":true}"""))).Events;

        Assert.Equal(local.Text, (string)whole["choices"]![0]!["message"]!["content"]!);
        Assert.Equal(local.Text, TextOf(events));
        Assert.Equal(local.FinishReason.Value, (string)whole["choices"]![0]!["finish_reason"]!);
        Assert.Equal(local.InputTokens, (int)whole["usage"]!["prompt_tokens"]!);
        Assert.Equal(local.OutputTokens, (int)whole["usage"]!["completion_tokens"]!);
        Assert.Equal("assistant", (string)events[0]["choices"]![0]!["delta"]!["role"]!);
        Assert.Empty(events[^1]["choices"]!.AsArray());
        Assert.Equal(local.OutputTokens, (int)events[^1]["usage"]!["completion_tokens"]!);
    }

    [Fact]
    public async Task An_endpoint_of_the_toolkit_gets_the_answers_and_token_counts_of_the_local_model()
    {
        CompletionRequest[] requests =
        [
            .. from seed in s_seeds
               from question in s_questions
               select new CompletionRequest(
                   new Prompt.Chat([new("system", "The lamp is in the hall."), new ChatTurn("user", question)]),
                   new(10) { Temperature = 0.8, TopP = 0.9, Seed = seed, Stop = ["."] }),
        ];
        using EndpointSet endpoint = EndpointSet.Open(new([server.Server.Url + "/v1"], "tiny"));
        IReadOnlyList<Completion> local = await server.Local.LanguageModel.CompleteAsync(requests);

        IReadOnlyList<Completion> served = await endpoint.AsLanguageModel().CompleteAsync(requests);

        Assert.Equal(local.Select(c => c.Text), served.Select(c => c.Text));
        Assert.Equal(local.Select(c => (c.InputTokens, c.OutputTokens)), served.Select(c => (c.InputTokens, c.OutputTokens)));
        Assert.All(served, c => Assert.Empty(c.OmittedOptions));
    }

    [Fact]
    public async Task A_prompt_of_token_ids_gets_the_answer_of_the_local_model_to_these_tokens()
    {
        int[] ids = [.. server.Local.Format.Prompt("The lamp is in the hall.", "Where is the lamp?")];
        Completion local = (await server.Local.LanguageModel.CompleteAsync([new(new Prompt.Tokens(ids), new(12))]))[0];
        string list = string.Join(',', ids), rest = ""","max_tokens":12,"temperature":0}""";

        JsonNode json = (await server.Post(Path, $$"""{"model":"tiny","prompt_token_ids":[{{list}}]{{rest}}""")).Json;
        Reply both = await server.Post(Path, Body($$""","prompt_token_ids":[{{list}}]"""));
        Reply beyond = await server.Post(Path, $$"""{"model":"tiny","prompt_token_ids":[99999]{{rest}}""");

        Assert.Equal(local.Text, Content(json));
        Assert.Equal(ids.Length, (int)json["usage"]!["prompt_tokens"]!);
        Assert.Equal("prompt_token_ids", (string?)both.Error["param"]);
        Assert.Equal((HttpStatusCode.BadRequest, "prompt_token_ids"), (beyond.Status, (string?)beyond.Error["param"]));
    }

    [Fact]
    public async Task An_evaluation_of_the_server_has_the_examples_of_the_local_model()
    {
        EvalRequest request = new(["needle"], [300], 3, 2, 7, null) { Tokenizer = ServerFixture.ModelPath };
        using EndpointSet endpoint = EndpointSet.Open(new([server.Server.Url + "/v1"], "tiny"));
        ILanguageModel served = await endpoint.AsTokenModelAsync(null, server.Local.Tokenizer.Sha256, CancellationToken.None);

        EvalResults remote = request.Run(served, null, null, CancellationToken.None);
        EvalResults local = request.Run(server.Local, null, null, CancellationToken.None);

        Assert.Equal(6, local.Examples.Count);
        Assert.Equal(
            local.Examples.Select(e => (e.Id, e.PromptSha256, e.Template, e.Completion, e.Score)),
            remote.Examples.Select(e => (e.Id, e.PromptSha256, e.Template, e.Completion, e.Score)));
    }

    [Fact]
    public async Task Token_ids_are_sent_only_to_a_server_with_the_same_tokenizer()
    {
        using EndpointSet endpoint = EndpointSet.Open(new([server.Server.Url + "/v1"], "tiny"));

        Assert.False((await endpoint.AsTokenModelAsync(null, new('0', 64), CancellationToken.None)).Capabilities.AcceptsTokens);
        Assert.True(
            (await endpoint.AsTokenModelAsync(null, server.Local.Tokenizer.Sha256, CancellationToken.None)).Capabilities.AcceptsTokens);
    }

    [Theory]
    [InlineData("""{\"city\": \"\\ud83d\"}""")] // half of a character
    [InlineData("""{\"city\": \"Os""")] // cut off
    [InlineData("""{\"a\":1,\"a\":2}""")]
    public async Task Damaged_arguments_of_an_earlier_call_do_not_break_later_turns(string arguments)
    {
        Reply reply = await server.Post(
            Path,
            """{"model":"tiny","max_tokens":2,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","tool_calls":[{"id":"c","""
                + """ "type":"function","function":{"name":"f","arguments":" """.TrimEnd() + arguments + "\"}}]},"
                + """{"role":"tool","tool_call_id":"c","content":"x"},{"role":"user","content":"And?"}]}""");

        Assert.Equal(HttpStatusCode.OK, reply.Status);
    }

    [Fact]
    public async Task Later_requests_reuse_the_beginning_of_a_prompt_and_get_the_same_answer()
    {
        string document = string.Concat(Enumerable.Repeat("The mill was sold in spring. ", 12));
        JsonNode first = (await server.Post(Path, Body(content: document + "When?"))).Json;
        JsonNode second = (await server.Post(Path, Body(content: document + "Who?"))).Json;
        JsonNode again = (await server.Post(Path, Body(content: document + "When?"))).Json;

        Assert.Equal(Content(first), Content(again));
        Assert.InRange(Cached(second), 50, (int)second["usage"]!["prompt_tokens"]! - 1);
        Assert.Equal((int)again["usage"]!["prompt_tokens"]! - 1, Cached(again));
    }

    [Fact]
    public async Task Sixty_four_requests_at_once_get_the_answers_they_get_alone()
    {
        string[] bodies = [.. Enumerable.Range(0, 64).Select(i => Body(content: $"Entry {i}: where is number {i * 7}?"))];
        Reply[] together = await Task.WhenAll(bodies.Select(b => server.Post(Path, b)));

        for (int i = 0; i < bodies.Length; i += 9)
        {
            Assert.Equal(Content((await server.Post(Path, bodies[i])).Json), Content(together[i].Json));
        }
        Assert.All(together, r => Assert.Equal(HttpStatusCode.OK, r.Status));
    }

    [Fact]
    public async Task Equal_seeds_give_equal_answers_and_the_choices_of_a_request_differ()
    {
        string body = Body(""","n":3,"seed":11""").Replace("\"temperature\":0", "\"temperature\":1.3", StringComparison.Ordinal);
        string[] first = Contents((await server.Post(Path, body)).Json), second = Contents((await server.Post(Path, body)).Json);

        Assert.Equal(first, second);
        Assert.True(first.Distinct().Count() > 1);
    }

    [Fact]
    public async Task Log_probabilities_spell_the_answer_and_have_the_requested_alternatives()
    {
        JsonNode choice = (await server.Post(Path, Body(""","logprobs":true,"top_logprobs":2"""))).Json["choices"]![0]!;
        JsonArray tokens = choice["logprobs"]!["content"]!.AsArray();

        byte[] bytes = [.. tokens.SelectMany(t => t!["bytes"]!.AsArray()).Select(b => (byte)(int)b!)];
        Assert.Equal((string)choice["message"]!["content"]!, System.Text.Encoding.UTF8.GetString(bytes));
        Assert.All(tokens, t => Assert.Equal(2, t!["top_logprobs"]!.AsArray().Count));
        Assert.All(tokens, t => Assert.Equal((double)t!["logprob"]!, (double)t["top_logprobs"]![0]!["logprob"]!)); // it is greedy
    }

    [Theory]
    [InlineData(""","temperature":-0.5""", "temperature")]
    [InlineData(""","top_p":1.5""", "top_p")]
    [InlineData(""","n":1.5""", "n")]
    [InlineData(""","seed":"x" """, "seed")]
    [InlineData(""","top_logprobs":2""", "top_logprobs")]
    [InlineData(""","max_completion_tokens":5""", "max_completion_tokens")]
    [InlineData(""","stop":[""]""", "stop")]
    [InlineData(""","logit_bias":{"999999":5}""", "logit_bias")]
    [InlineData(""","stream_options":{"include_usage":true}""", "stream_options")]
    [InlineData(""","stream":"yes" """, "stream")]
    [InlineData(""","min_tokens":-1""", "min_tokens")]
    [InlineData(""","min_length":3""", "min_length")]
    [InlineData(""","store":true""", "store")]
    [InlineData(""","response_format":{"type":"xml"}""", "response_format.type")]
    [InlineData(""","tools":[{"type":"function"}]""", "tools[0].function")]
    public async Task A_wrong_field_is_refused_by_name(string more, string param)
    {
        string body = more.Contains("temperature", StringComparison.Ordinal)
            ? Body(more).Replace(",\"temperature\":0,", ",", StringComparison.Ordinal)
            : Body(more);
        Reply reply = await server.Post(Path, body);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal(param, (string?)reply.Error["param"]);
        Assert.Contains(param, (string)reply.Error["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nulls_and_fields_without_effect_are_accepted()
    {
        Reply reply = await server.Post(
            Path,
            Body(
                ""","stop":null,"n":null,"tools":null,"functions":null,"response_format":null,"stream":null,"logit_bias":null"""
                    + ""","user":"u","metadata":{"a":"b"},"store":false,"service_tier":"auto","safety_identifier":"s","""
                    + """ "prompt_cache_key":"k","parallel_tool_calls":true"""));

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.Equal(Content((await server.Post(Path, Body())).Json), Content(reply.Json));
    }

    [Fact]
    public async Task A_prompt_beyond_the_window_is_refused_with_both_numbers_streamed_or_not()
    {
        string content = string.Concat(Enumerable.Repeat(" lamp", 700));
        foreach (string more in new[] { "", ""","stream":true""" })
        {
            Reply reply = await server.Post(Path, Body(more, content));

            Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
            Assert.Equal("context_length_exceeded", (string?)reply.Error["code"]);
            Assert.Matches("maximum context length is 512 tokens.* [67]\\d\\d", (string)reply.Error["message"]!);
        }
    }

    [Fact]
    public async Task A_schema_is_enforced_whole_and_streamed()
    {
        const string Format =
            ""","response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":{"type":"object","""
            + """ "properties":{"word":{"enum":["Übergröße 漢字 🦊🌲 ŵ"]},"n":{"type":"integer","minimum":17,"maximum":23}},"""
            + """ "required":["word","n"],"additionalProperties":false}}}""";
        string body = Body(Format).Replace("\"max_tokens\":12", "\"max_tokens\":160", StringComparison.Ordinal);

        string whole = Content((await server.Post(Path, body)).Json);
        string streamed = TextOf((await server.Post(Path, body[..^1] + ""","stream":true}""")).Events);

        JsonNode json = JsonNode.Parse(whole)!;
        Assert.Equal("Übergröße 漢字 🦊🌲 ŵ", (string)json["word"]!);
        Assert.InRange((int)json["n"]!, 17, 23);
        Assert.Equal(whole, streamed);
    }

    [Fact]
    public async Task A_required_tool_is_called_with_arguments_of_its_schema_whole_and_streamed()
    {
        const string Tools =
            ""","tool_choice":"required","tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","""
            + """ "properties":{"city":{"enum":["Oslo","Łódź"]}},"required":["city"],"additionalProperties":false}}}]""";
        string body = Body(Tools).Replace("\"max_tokens\":12", "\"max_tokens\":120", StringComparison.Ordinal);

        JsonNode choice = (await server.Post(Path, body)).Json["choices"]![0]!;
        JsonNode[] events = (await server.Post(Path, body[..^1] + ""","stream":true}""")).Events;

        JsonNode call = Assert.Single(choice["message"]!["tool_calls"]!.AsArray())!;
        Assert.Equal("tool_calls", (string)choice["finish_reason"]!);
        Assert.Equal("weather", (string)call["function"]!["name"]!);
        Assert.True((string?)JsonNode.Parse((string)call["function"]!["arguments"]!)!["city"] is "Oslo" or "Łódź");
        JsonNode[] parts = [.. events.SelectMany(e => e["choices"]![0]!["delta"]!["tool_calls"]?.AsArray() ?? []).Select(c => c!)];
        Assert.Equal(["weather", null], parts.Select(p => (string?)p["function"]!["name"]));
        Assert.Equal(
            (string)call["function"]!["arguments"]!, string.Concat(parts.Select(p => (string?)p["function"]!["arguments"])));
    }

    static string Content(JsonNode json) => Contents(json)[0];

    static string[] Contents(JsonNode json) => [.. json["choices"]!.AsArray().Select(c => (string)c!["message"]!["content"]!)];

    static int Cached(JsonNode json) => (int)json["usage"]!["prompt_tokens_details"]!["cached_tokens"]!;

    static string TextOf(IEnumerable<JsonNode> events) => string.Concat(
        events.SelectMany(e => e["choices"]!.AsArray()).Select(c => (string?)c!["delta"]!["content"]));
}
