using System.Net;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Server.Dashboard;
using Farsight.Server.Hosting;

namespace Farsight.Tests.Server;

/// <summary>The playground's view of attention heads.</summary>
public sealed class HeadViewTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    const string Question = """[{"role":"user","content":"The lamp is red. Where is the lamp?"}]""";

    [Fact]
    public async Task The_places_are_those_where_the_heads_of_a_local_model_look()
    {
        using TemporaryFolder folder = new();
        await using ModelServer own = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0 }, _ => { }, new DashboardOptions([folder.Path]));
        using HttpClient client = new() { BaseAddress = new(own.Url) };
        Reply asked = await ServerFixture.Post(
            client,
            "/v1/chat/completions",
            $$"""{"model":"tiny","messages":{{Question}},"max_tokens":6,"temperature":0,"return_token_ids":true}""");
        int[] answer = [.. asked.Json["choices"]![0]!["token_ids"]!.AsArray().Select(t => (int)t!)];
        Assert.Equal((int)asked.Json["usage"]!["completion_tokens"]!, answer.Length);

        JsonNode view = (await ServerFixture.Post(
            client,
            "/playground/heads",
            $$"""{"model":"tiny","messages":{{Question}},"answer_token_ids":[{{string.Join(',', answer)}}],"heads":null}""")).Json;

        int[] prompt = server.Local.Format.Conversation(JsonNode.Parse(Question)!.AsArray(), null, out _);
        HeadTrace expected = (await server.Local.LanguageModel.CompleteAsync(
            [new(new Prompt.Tokens(prompt), new(answer.Length)) { Given = answer, ObservesHeads = true }]))[0].Heads!;
        Dictionary<string, int> peaks = Enumerable.Range(0, expected.Layers * expected.Heads)
            .ToDictionary(h => $"{h / expected.Heads}-{h % expected.Heads}", h => expected.Peaks[^1][h]);
        Assert.Equal(peaks.Count, (int)view["heads"]!);
        int[] text = [.. prompt, .. answer];
        foreach (JsonNode? place in view["places"]!.AsArray())
        {
            int at = (int)place!["place"]!;
            string[] heads = [.. place["heads"]!.AsArray().Select(h => (string)h!)];
            Assert.Equal(peaks.Where(p => p.Value == at).Select(p => p.Key).Order(), heads.Order());
            Assert.Equal(text[at] == answer[^1], (bool)place["copies"]!);
            Assert.Equal(server.Local.Tokenizer.Decode([text[at]], skipSpecialTokens: false), (string?)place["token"]);
        }
    }

    [Theory]
    [InlineData("""["9-0"]""", "heads")]
    [InlineData("""["first"]""", "heads")]
    [InlineData("null", "answer_token_ids", "[]")]
    [InlineData("null", "answer_token_ids", "[99999]")]
    public async Task Wrong_heads_and_tokens_are_refused_by_name(string heads, string field, string answer = "[5]")
    {
        using TemporaryFolder folder = new();
        await using ModelServer own = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0 }, _ => { }, new DashboardOptions([folder.Path]));
        using HttpClient client = new() { BaseAddress = new(own.Url) };

        Reply reply = await ServerFixture.Post(
            client,
            "/playground/heads",
            $$"""{"model":"tiny","messages":{{Question}},"answer_token_ids":{{answer}},"heads":{{heads}}}""");

        Assert.Equal((HttpStatusCode.BadRequest, field), (reply.Status, (string?)reply.Error["param"]));
    }

    [Fact]
    public async Task Without_a_dashboard_there_is_no_view() =>
        Assert.Equal(HttpStatusCode.NotFound, (await server.Post("/playground/heads", "{}")).Status);
}
