using System.Net;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Answering.Context;
using Farsight.Engine;
using Farsight.Server.Hosting;

namespace Farsight.Tests.Server;

public sealed class ContextMethodServerTests
{
    [Fact]
    public async Task A_context_method_reads_the_prompts_of_clients_beyond_the_window()
    {
        const string Method = "streaming-llm:cache=64";
        string text = string.Concat(Enumerable.Repeat("The mill was sold in spring. ", 120)) + "Once";
        await using ModelServer server = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0, ContextMethod = Method, MaxContext = 4_096 }, _ => { });
        using HttpClient client = new() { BaseAddress = new(server.Url) };
        using LoadedModel model = LoadedModel.Open(ServerFixture.ModelPath);
        ContextMethod.Parse(Method).Over(model);
        Completion local = (await model.LanguageModel.CompleteAsync([new(new Prompt.RawText(text), new(12))]))[0];

        Reply reply = await ServerFixture.Post(
            client, "/v1/completions", $$"""{"model":"tiny","prompt":"{{text}}","max_tokens":12,"temperature":0}""");
        Reply scored = await ServerFixture.Post(
            client, "/v1/completions", """{"model":"tiny","prompt":"x","max_tokens":1,"echo":true,"logprobs":1}""");

        Reply empty = await ServerFixture.Post(client, "/v1/completions", """{"model":"tiny","prompt":"x","max_tokens":0}""");

        Assert.Equal("length", (string)empty.Json["choices"]![0]!["finish_reason"]!);
        Assert.InRange(local.InputTokens!.Value, 513, 4_000); // the model's window has 512 tokens
        Assert.Equal(local.Text, (string)reply.Json["choices"]![0]!["text"]!);
        Assert.Equal(local.InputTokens, (int)reply.Json["usage"]!["prompt_tokens"]!);
        Assert.Equal(0, (int)reply.Json["usage"]!["prompt_tokens_details"]!["cached_tokens"]!);
        Assert.Equal((HttpStatusCode.BadRequest, "echo"), (scored.Status, (string?)scored.Error["param"]));
    }

    [Fact]
    public async Task A_method_that_writes_prompts_is_refused_at_the_start() => Assert.Contains(
        "chain-of-agents",
        (await Assert.ThrowsAsync<InputException>(() => ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0, ContextMethod = "chain-of-agents" }, _ => { }))).Message,
        StringComparison.Ordinal);
}
