using System.ClientModel;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;

namespace Farsight.Tests.Server;

/// <summary>The official .NET client against the server.</summary>
public sealed class OpenAIClientTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    const string Schema =
        """{"type":"object","properties":{"city":{"type":"string","enum":["Oslo"]}},"required":["city"],"additionalProperties":false}""";

    static readonly ApiKeyCredential s_key = new("no-key-is-needed");

    readonly OpenAIClientOptions _options = new() { Endpoint = new(server.Server.Url + "/v1") };

    ChatClient Client => new(ServerFixture.Name, s_key, _options);

    [Fact]
    public void It_lists_the_models() =>
        Assert.Contains(new OpenAIModelClient(s_key, _options).GetModels().Value, m => m.Id == ServerFixture.Name);

    [Fact]
    public void A_streamed_answer_is_the_whole_answer_with_its_usage()
    {
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 12, Temperature = 0 };
        ChatCompletion whole = Client.CompleteChat([new UserChatMessage("Where is the lamp?")], options);

        StreamingChatCompletionUpdate[] updates = [.. Client.CompleteChatStreaming([new UserChatMessage("Where is the lamp?")], options)];

        Assert.Equal(ChatFinishReason.Length, whole.FinishReason);
        Assert.Equal(whole.Content[0].Text, string.Concat(updates.SelectMany(u => u.ContentUpdate).Select(p => p.Text)));
        Assert.Equal(whole.Usage.OutputTokenCount, updates.Single(u => u.Usage is not null).Usage.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Length, updates.Single(u => u.FinishReason is not null).FinishReason);
    }

    [Fact]
    public void A_second_turn_and_log_probabilities_are_understood()
    {
        ChatCompletionOptions options = new()
        {
            MaxOutputTokenCount = 5,
            Temperature = 0,
            IncludeLogProbabilities = true,
            TopLogProbabilityCount = 2,
        };
        ChatCompletion first = Client.CompleteChat([new UserChatMessage("Hi")], options);
        ChatCompletion second = Client.CompleteChat(
            [new SystemChatMessage("Short."), new UserChatMessage("Hi"), new AssistantChatMessage(first), new UserChatMessage("And?")],
            options);

        Assert.All(second.ContentTokenLogProbabilities, t => Assert.Equal(2, t.TopLogProbabilities.Count));
        Assert.NotEmpty(second.ContentTokenLogProbabilities);
    }

    [Fact]
    public void A_tool_is_called_whole_and_streamed_and_its_result_is_read()
    {
        ChatTool tool = ChatTool.CreateFunctionTool("weather", "Weather of a city.", BinaryData.FromString(Schema), true);
        ChatCompletionOptions forced = new()
        {
            MaxOutputTokenCount = 120,
            Temperature = 0,
            ToolChoice = ChatToolChoice.CreateRequiredChoice(),
            Tools = { tool },
        };
        UserChatMessage question = new("Weather in Oslo?");
        ChatCompletion call = Client.CompleteChat([question], forced);
        string streamed = string.Concat(
            Client.CompleteChatStreaming([question], forced)
                .SelectMany(u => u.ToolCallUpdates)
                .Select(u => u.FunctionArgumentsUpdate?.ToString()));
        ChatCompletion after = Client.CompleteChat(
            [question, new AssistantChatMessage(call), new ToolChatMessage(call.ToolCalls[0].Id, "rain")],
            new() { MaxOutputTokenCount = 4, Temperature = 0, Tools = { tool } });

        Assert.Equal(ChatFinishReason.ToolCalls, call.FinishReason);
        Assert.Equal("weather", call.ToolCalls[0].FunctionName);
        Assert.Equal(call.ToolCalls[0].FunctionArguments.ToString(), streamed);
        Assert.NotEqual(ChatFinishReason.ToolCalls, after.FinishReason);
    }

    [Fact]
    public void A_schema_is_enforced()
    {
        ChatResponseFormat format = ChatResponseFormat.CreateJsonSchemaFormat(
            "answer", BinaryData.FromString(Schema), jsonSchemaIsStrict: true);

        ChatCompletion answer = Client.CompleteChat(
            [new UserChatMessage("Answer.")], new() { MaxOutputTokenCount = 60, Temperature = 0, ResponseFormat = format });

        Assert.Matches("^\\{\"city\": ?\"Oslo\"\\}$", answer.Content[0].Text);
    }

    [Fact]
    public void Errors_have_their_status()
    {
        Assert.Equal(404, Status(() => new ChatClient("absent", s_key, _options).CompleteChat([new UserChatMessage("Hi")])));
        Assert.Equal(400, Status(() => Client.CompleteChat([new UserChatMessage(string.Concat(Enumerable.Repeat(" lamp", 900)))])));
        Assert.Equal(400, Status(() => Client.CompleteChat([new UserChatMessage("Hi")], new() { Temperature = 9 })));
    }

    [Fact]
    public async Task A_cancelled_request_ends_on_the_server()
    {
        // On a busy machine the whole answer may be written before the client reads its first part. Then there is nothing to cancel.
        for (int attempt = 0; attempt < 20 && !IsLogged(); attempt++)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(CancelAtFirstPart);
            for (int i = 0; i < 40 && !IsLogged(); i++)
            {
                await Task.Delay(50);
            }
        }
        Assert.True(IsLogged());

        bool IsLogged()
        {
            lock (server.Log)
            {
                return server.Log.Exists(l => l.StartsWith("POST /v1/chat/completions cancelled", StringComparison.Ordinal));
            }
        }
    }

    /// <summary>Waits for the first part, because an earlier cancellation may come before the request reaches the server.</summary>
    async Task CancelAtFirstPart()
    {
        using CancellationTokenSource cancel = new();
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 480, LogitBiases = { [2044] = -100 } };
        await foreach (StreamingChatCompletionUpdate _ in Client.CompleteChatStreamingAsync(
            [new UserChatMessage("Write.")], options, cancel.Token))
        {
            await cancel.CancelAsync();
            cancel.Token.ThrowIfCancellationRequested();
        }
    }

    static int Status(Action action) => Assert.Throws<ClientResultException>(action).Status;
}
