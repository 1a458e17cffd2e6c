using System.Net;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;

namespace Farsight.Tests.Server;

public sealed class CompletionEndpointTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    const string Path = "/v1/completions";

    [Fact]
    public async Task A_raw_text_continues_as_the_local_model_continues_it()
    {
        Completion local = (await server.Local.LanguageModel.CompleteAsync([new(new Prompt.RawText("Once upon a time"), new(20))]))[0];

        JsonNode choice = await Choice("""{"model":"tiny","prompt":"Once upon a time","max_tokens":20,"temperature":0}""");

        Assert.Equal(local.Text, (string)choice["text"]!);
    }

    [Fact]
    public async Task A_stop_text_is_not_part_of_the_answer_whole_or_streamed()
    {
        string free = (string)(await Choice("""{"model":"tiny","prompt":"Once upon a time","max_tokens":20,"temperature":0}"""))["text"]!;
        string body = new JsonObject
        {
            ["model"] = "tiny",
            ["prompt"] = "Once upon a time",
            ["max_tokens"] = 20,
            ["temperature"] = 0,
            ["stop"] = new JsonArray(free[7..11], "§never§"),
        }.ToJsonString();

        JsonNode whole = await Choice(body);
        JsonNode[] events = (await server.Post(Path, body[..^1] + ""","stream":true}""")).Events;

        string expected = free[..free.IndexOf(free[7..11], StringComparison.Ordinal)];
        Assert.Equal((expected, "stop"), ((string)whole["text"]!, (string)whole["finish_reason"]!));
        Assert.Equal(expected, string.Concat(events.Select(e => (string)e["choices"]![0]!["text"]!)));
    }

    [Fact]
    public async Task Echoed_log_probabilities_are_those_of_the_scorer_in_the_order_of_the_prompts()
    {
        int[][] prompts = [[310, 311, 312, 313, 320, 321], [330, 331, 332, 340, 341, 342, 343]];
        double[] expected =
        [
            .. (await server.Local.LanguageModel.ScoreAsync([.. prompts.Select(p => new ChoiceRequest(p[..3], [p[3..]]))]))
                .Select(r => r[0].LogProb),
        ];

        JsonNode json = (await server.Post(
            Path,
            """{"model":"tiny","prompt":[[310,311,312,313,320,321],[330,331,332,340,341,342,343]],"""
                + """ "max_tokens":1,"echo":true,"logprobs":1,"temperature":0}""")).Json;

        Assert.Equal([0, 1], json["choices"]!.AsArray().Select(c => (int)c!["index"]!));
        Assert.Equal(13, (int)json["usage"]!["prompt_tokens"]!);
        for (int i = 0; i < prompts.Length; i++)
        {
            JsonArray values = json["choices"]![i]!["logprobs"]!["token_logprobs"]!.AsArray();
            Assert.Equal(prompts[i].Length + 1, values.Count);
            Assert.Null(values[0]);
            Assert.Equal(expected[i], values.Skip(3).SkipLast(1).Sum(v => (double)v!), 3);
        }
    }

    [Fact]
    public async Task Echoed_log_probabilities_have_the_same_bits_after_the_prompt_was_cached()
    {
        const string Body = """{"model":"tiny","prompt":"A boat drifted by.","max_tokens":1,"echo":true,"logprobs":1,"temperature":0}""";
        string cold = (await Choice(Body))["logprobs"]!.ToJsonString();
        await server.Post(Path, Body.Replace(",\"echo\":true", "", StringComparison.Ordinal));

        Assert.Equal(cold, (await Choice(Body))["logprobs"]!.ToJsonString());
    }

    [Fact]
    public async Task Echo_without_new_tokens_only_scores()
    {
        const string Text = "Füße and 🦊 stood.";
        JsonNode json = (await server.Post(
            Path, $$"""{"model":"tiny","prompt":"{{Text}}","max_tokens":0,"echo":true,"logprobs":1}""")).Json;
        JsonNode choice = json["choices"]![0]!, logProbs = choice["logprobs"]!;

        Assert.Equal(Text, (string)choice["text"]!);
        Assert.Equal(0, (int)json["usage"]!["completion_tokens"]!);
        Assert.Equal((int)json["usage"]!["prompt_tokens"]!, logProbs["tokens"]!.AsArray().Count);
        Assert.Equal(Text, string.Concat(logProbs["tokens"]!.AsArray().Select(t => (string)t!)));
        int[] offsets = [.. logProbs["text_offset"]!.AsArray().Select(o => (int)o!)];
        Assert.Equal(offsets.Order(), offsets);
        Assert.InRange(offsets[^1], 1, Text.EnumerateRunes().Count()); // characters, not UTF-16 units
    }

    [Fact]
    public async Task Offsets_of_a_stream_are_those_of_the_whole_answer_where_text_is_held_back()
    {
        string free = (string)(await Choice("""{"model":"tiny","prompt":"Once upon a time","max_tokens":20,"temperature":0}"""))["text"]!;
        string body = new JsonObject
        {
            ["model"] = "tiny",
            ["prompt"] = "Once upon a time",
            ["max_tokens"] = 20,
            ["temperature"] = 0,
            ["logprobs"] = 1,
            ["stop"] = free[3..15] + "§", // its beginning is held back until it turns out to be none
        }.ToJsonString();

        int[] whole = Offsets(await Choice(body));
        JsonNode[] events = (await server.Post(Path, body[..^1] + ""","stream":true}""")).Events;

        Assert.Equal(whole, events.Where(e => e["choices"]![0]!["logprobs"] is not null).SelectMany(e => Offsets(e["choices"]![0]!)));
        Assert.Equal("Once upon a time".Length, whole[0]);

        static int[] Offsets(JsonNode choice) => [.. choice["logprobs"]!["text_offset"]!.AsArray().Select(o => (int)o!)];
    }

    [Fact]
    public async Task Each_token_is_among_its_alternatives_by_its_own_name_also_where_a_character_has_several()
    {
        JsonNode choice = await Choice("""{"model":"tiny","prompt":"Füße and 🦊.","max_tokens":3,"echo":true,"logprobs":2}""");
        JsonNode logProbs = choice["logprobs"]!;
        string[] tokens = [.. logProbs["tokens"]!.AsArray().Select(t => (string)t!)];

        Assert.Contains("", tokens[1..]); // a part of the fox
        for (int i = 1; i < tokens.Length; i++)
        {
            Assert.Equal((double)logProbs["token_logprobs"]![i]!, (double)logProbs["top_logprobs"]![i]![tokens[i]]!);
        }
    }

    [Fact]
    public async Task A_stop_token_ends_the_answer_and_is_not_part_of_it()
    {
        const string Body = """{"model":"tiny","prompt":"Once upon a time","max_tokens":20,"temperature":0""";
        Completion local = (await server.Local.LanguageModel.CompleteAsync([new(new Prompt.RawText("Once upon a time"), new(20))]))[0];
        int stop = local.Tokens[4], at = local.Tokens.ToList().IndexOf(stop);

        JsonNode choice = await Choice($$"""{{Body}},"stop_token_ids":[{{stop}}]}""");
        Reply wrong = await server.Post(Path, Body + ""","stop_token_ids":[99999]}""");

        Assert.Equal("stop", (string)choice["finish_reason"]!);
        Assert.Equal(at, server.Local.Tokenizer.Encode((string)choice["text"]!).Length);
        Assert.Equal("stop_token_ids", (string?)wrong.Error["param"]);
    }

    [Theory]
    [InlineData(""" "prompt":"x","suffix":"y" """, "suffix")]
    [InlineData(""" "prompt":[] """, "prompt")]
    [InlineData(""" "prompt":[99999] """, "prompt")]
    [InlineData(""" "prompt":"x","logprobs":true """, "logprobs")]
    [InlineData(""" "prompt":"x","best_of":3 """, "best_of")]
    [InlineData(""" "max_tokens":1 """, "prompt")]
    public async Task A_wrong_field_is_refused_by_name(string fields, string param)
    {
        Reply reply = await server.Post(Path, $$"""{"model":"tiny",{{fields}}}""");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal(param, (string?)reply.Error["param"]);
    }

    async Task<JsonNode> Choice(string body) => (await server.Post(Path, body)).Json["choices"]![0]!;
}
