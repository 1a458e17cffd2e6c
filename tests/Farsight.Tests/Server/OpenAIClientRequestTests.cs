using System.ClientModel;
using Farsight.Server.Hosting;
using OpenAI;
using OpenAI.Chat;

namespace Farsight.Tests.Server;

/// <summary>Requests of the official .NET client that tools/check-openai-npm sends with the client for JavaScript as well.</summary>
public sealed class OpenAIClientRequestTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    const string Question = "Where is the lamp?";

    ChatClient Client => Of(server.Server, "no-key-is-needed");

    [Fact]
    public void An_answer_ends_before_a_stop_text()
    {
        string whole = Ask(Question, new() { MaxOutputTokenCount = 12, Temperature = 0 }).Content[0].Text, stop = whole[6..9];

        ChatCompletion cut = Ask(Question, new() { MaxOutputTokenCount = 12, Temperature = 0, StopSequences = { stop, "§" } });

        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], cut.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, cut.FinishReason);
    }

    [Fact]
    public void A_seed_repeats_an_answer_and_another_changes_it()
    {
        string[] answers = [.. ((long[])[7, 7, 1, 2, 3, 4]).Select(seed => Seeded(seed).Content[0].Text)];

        Assert.Equal(answers[0], answers[1]);
        Assert.True(answers.Distinct().Count() > 1);

#pragma warning disable OPENAI001 // the seed of the client is marked as experimental
        ChatCompletion Seeded(long seed) => Ask("Tell me a story.", new() { MaxOutputTokenCount = 12, Temperature = 1, Seed = seed });
#pragma warning restore OPENAI001
    }

    [Fact]
    public async Task A_wrong_key_is_refused_and_the_right_one_is_not()
    {
        const string Key = "a-key-of-twenty-letters";
        await using ModelServer keyed = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0, ApiKey = Key }, _ => { });
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 1 };

        ClientResultException refused = await Assert.ThrowsAsync<ClientResultException>(
            () => Of(keyed, "another-key-of-letters").CompleteChatAsync([new UserChatMessage("Hi")], options));

        Assert.Equal(401, refused.Status);
        Assert.Equal(1, (await Of(keyed, Key).CompleteChatAsync([new UserChatMessage("Hi")], options)).Value.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task Many_requests_at_the_same_time_are_all_answered()
    {
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 4, Temperature = 0 };

        ClientResult<ChatCompletion>[] answers = await Task.WhenAll(Enumerable.Range(0, 64)
            .Select(i => Client.CompleteChatAsync([new UserChatMessage($"Tell me about number {i}.")], options)));

        Assert.All(answers, a => Assert.InRange(a.Value.Usage.OutputTokenCount, 1, 4));
        Assert.Equal(64, answers.Select(a => a.Value.Id).Distinct().Count());
    }

    ChatCompletion Ask(string question, ChatCompletionOptions options) => Client.CompleteChat([new UserChatMessage(question)], options);

    static ChatClient Of(ModelServer server, string key) =>
        new(ServerFixture.Name, new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new(server.Url + "/v1") });
}
