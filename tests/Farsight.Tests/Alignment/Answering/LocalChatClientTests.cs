using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Engine.Inference;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Alignment.Answering;

public sealed class LocalChatClientTests : IDisposable
{
    static readonly ChatMessage[] s_question = [new(ChatRole.System, "Answer."), new(ChatRole.User, "What is the lamp?")];

    readonly LoadedModel _model = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Its_answers_are_those_of_generate()
    {
        using LocalChatClient client = new(_model);
        ChatOptions options = new() { Temperature = 0.8f, TopP = 0.9f, Seed = 5, MaxOutputTokens = 12, Instructions = "Be short." };

        ChatResponse answer = await client.GetResponseAsync(s_question, options);

        int[] prompt = _model.Format.Conversation([new("system", "Be short."), new("system", "Answer."), new("user", "What is the lamp?")]);
        GeneratedText direct = TextGenerator.Generate(
            _model,
            [prompt],
            false,
            new(12, new Sampling(0.8f, 0.9f)) { Seed = 5 },
            null,
            default
        )[0];
        Assert.Equal(direct.Text, answer.Text);
        Assert.Equal((prompt.Length, direct.Tokens.Count), (answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount));
        Assert.Equal(direct.FinishReason == FinishReason.Stop ? ChatFinishReason.Stop : ChatFinishReason.Length, answer.FinishReason);
        Assert.Equal("tiny", answer.ModelId);
    }

    [Fact]
    public async Task Many_callers_are_answered_one_after_the_other_and_streams_say_the_same()
    {
        using LocalChatClient client = new(_model, maxNewTokens: 10);

        ChatResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.GetResponseAsync(s_question)));
        ChatResponse streamed = await client.GetStreamingResponseAsync(s_question).ToChatResponseAsync();

        Assert.NotEmpty(answers[0].Text);
        Assert.All(answers, a => Assert.Equal(answers[0].Text, a.Text));
        Assert.Equal(answers[0].Text, streamed.Text);
        Assert.Equal(
            (answers[0].FinishReason, answers[0].Usage!.OutputTokenCount),
            (streamed.FinishReason, streamed.Usage!.OutputTokenCount));
    }

    [Fact]
    public async Task Who_stops_reading_a_stream_or_cancels_frees_the_model()
    {
        using LocalChatClient client = new(_model, maxNewTokens: 200);
        using CancellationTokenSource cancel = new();

        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(s_question))
        {
            break;
        }
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync(s_question, cancellationToken: cancel.Token));

        Assert.NotNull(await client.GetResponseAsync(s_question, new() { MaxOutputTokens = 1 }));
    }

    [Fact]
    public async Task What_it_cannot_do_is_refused_in_a_sentence()
    {
        using LocalChatClient client = new(_model);

        Assert.Contains("tools", await Refusal(new() { Tools = [AIFunctionFactory.Create(() => 1)] }));
        Assert.Contains("response format", await Refusal(new() { ResponseFormat = ChatResponseFormat.Json }));
        Assert.Contains("logit_bias", await Refusal(new() { AdditionalProperties = new() { ["logit_bias"] = 1 } }));
        Assert.Contains("penalty", await Refusal(new() { PresencePenalty = 1 }));
        Assert.Contains("--temperature is -1", await Refusal(new() { Temperature = -1 }));
        Assert.Contains(
            "DataContent",
            (
                await Assert.ThrowsAsync<InputException>(() =>
                    client.GetResponseAsync([new(ChatRole.User, [new DataContent("data:image/png;base64,AA==")])]))
            ).Message);
        Assert.Contains("empty", (await Assert.ThrowsAsync<InputException>(() => client.GetResponseAsync([]))).Message);

        async Task<string> Refusal(ChatOptions options) =>
            (await Assert.ThrowsAsync<InputException>(() => client.GetResponseAsync(s_question, options))).Message;
    }
}
