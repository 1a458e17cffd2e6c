using Farsight.Alignment.Answering;
using Farsight.Engine;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Alignment.Answering;

public sealed class ChatClientTests : IDisposable
{
    static readonly ChatMessage[] s_question = [new(ChatRole.System, "Answer."), new(ChatRole.User, "What is the lamp?")];

    readonly LoadedModel _model = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task A_local_model_as_a_chat_client_answers_as_the_model_does()
    {
        using IChatClient client = _model.LanguageModel.AsChatClient();
        ChatOptions options = new() { Temperature = 0.8f, TopP = 0.9f, Seed = 5, MaxOutputTokens = 12, Instructions = "Be short." };

        ChatResponse answer = await client.GetResponseAsync(s_question, options);

        Prompt prompt = new Prompt.Chat([new("system", "Be short."), new("system", "Answer."), new("user", "What is the lamp?")]);
        Completion direct = (await _model.LanguageModel.CompleteAsync(
            [new(prompt, new(12) { Temperature = 0.8f, TopP = 0.9f, Seed = 5 })]))[0];
        Assert.Equal(direct.Text, answer.Text);
        Assert.Equal((direct.PromptTokens.Count, direct.OutputTokens), (answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount));
        Assert.Equal(direct.FinishReason.Value, answer.FinishReason!.Value.Value);
        Assert.Equal("tiny", answer.ModelId);
        Assert.Same(_model.LanguageModel, client.GetService<ILanguageModel>());
    }

    [Fact]
    public async Task A_local_model_as_a_chat_client_applies_presence_and_frequency_penalties()
    {
        using IChatClient client = _model.LanguageModel.AsChatClient();
        ChatOptions options = new() { MaxOutputTokens = 40, PresencePenalty = 1.5f, FrequencyPenalty = 0.5f };

        ChatResponse answer = await client.GetResponseAsync(s_question, options);

        Prompt prompt = new Prompt.Chat([new("system", "Answer."), new("user", "What is the lamp?")]);
        Completion direct = (await _model.LanguageModel.CompleteAsync(
            [new(prompt, new(40) { PresencePenalty = 1.5, FrequencyPenalty = 0.5 })]))[0];
        Completion plain = (await _model.LanguageModel.CompleteAsync([new(prompt, new(40))]))[0];
        Assert.Equal(direct.Text, answer.Text);
        Assert.NotEqual(plain.Text, answer.Text);
    }

    [Fact]
    public async Task Many_callers_are_answered_one_after_the_other_and_streams_say_the_same()
    {
        using ModelChatClient client = new(_model.LanguageModel, maxNewTokens: 10);

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
    public async Task A_reader_that_stops_a_stream_or_cancels_ends_the_call_so_that_the_model_is_free_and_may_be_disposed()
    {
        HeldModel model = new(_model.LanguageModel);
        using ModelChatClient client = new(model, maxNewTokens: 200);
        using CancellationTokenSource cancel = new();

        await StopAfterTheFirstText();
        Assert.Equal([FinishReason.Cancelled], model.Ended);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync(s_question, cancellationToken: cancel.Token));

        Assert.NotNull(await client.GetResponseAsync(s_question, new() { MaxOutputTokens = 1 }));
        await StopAfterTheFirstText();
        _model.Dispose();
        Assert.Equal(FinishReason.Cancelled, model.Ended[^1]);

        async Task StopAfterTheFirstText()
        {
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(s_question))
            {
                break;
            }
        }
    }

    [Fact]
    public async Task What_a_model_cannot_do_is_refused_in_a_sentence()
    {
        using IChatClient client = _model.LanguageModel.AsChatClient();

        Assert.Contains("tools", await Refusal(new() { Tools = [AIFunctionFactory.Create(() => 1)] }));
        Assert.Contains("response format", await Refusal(new() { ResponseFormat = ChatResponseFormat.Json }));
        Assert.Contains("logit_bias", await Refusal(new() { AdditionalProperties = new() { ["logit_bias"] = 1 } }));
        Assert.Contains("PresencePenalty is NaN", await Refusal(new() { PresencePenalty = float.NaN }));
        Assert.Contains("Temperature is -1", await Refusal(new() { Temperature = -1 }));
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

    [Fact]
    public async Task A_chat_client_as_a_language_model_gets_the_options_that_are_set_and_its_text_ends_before_a_stop_text()
    {
        List<ChatOptions> seen = [];
        using RecordedChat chat = new(seen, "One.\nTwo.");
        ILanguageModel model = chat.AsLanguageModel("served", concurrency: 3);
        Prompt prompt = new Prompt.Chat([new("user", "Count.")]) { AnswerPrefix = " Now:" };

        Completion plain = (await model.CompleteAsync([new(prompt, new(9))]))[0];
        List<string> parts = [];
        GenerationOptions warm = new(9) { Temperature = 0.5, TopP = 0.9, Seed = 4, Stop = ["\n", "b", "c", "d", "q"] };
        Completion cut = (await model.CompleteAsync([new(prompt, warm) { OnText = parts.Add }]))[0];

        Assert.Equal(("One.\nTwo.", "stop", (int?)7), (plain.Text, plain.FinishReason.Value, plain.InputTokens));
        Assert.Equal((0f, 9), (seen[0].Temperature, seen[0].MaxOutputTokens));
        Assert.Equal((null, null, null), (seen[0].TopP, seen[0].Seed, seen[0].StopSequences));
        Assert.Equal(("One.", FinishReason.Stop), (cut.Text, cut.FinishReason));
        Assert.Equal(["One."], parts);
        Assert.Equal((0.5f, 0.9f, 4L), (seen[1].Temperature, seen[1].TopP, seen[1].Seed));
        Assert.Equal(["\n", "b", "c", "d"], seen[1].StopSequences!);
        Assert.Equal("Count. Now:", chat.Last);
        Assert.Same(chat, model.AsChatClient());
        Assert.Equal((3, false), (model.Capabilities.Concurrency, model.Capabilities.IsBatched));
    }

    [Fact]
    public async Task A_chat_client_as_a_language_model_refuses_tokens_raw_text_and_local_options()
    {
        using RecordedChat chat = new([], "x");
        ILanguageModel model = chat.AsLanguageModel("served");

        Prompt[] prompts = [new Prompt.Tokens([1]), new Prompt.RawText("x"), Prompt.User("x") with { UsesTemplate = false }];
        foreach (Prompt prompt in prompts)
        {
            Assert.Contains("chat template", await Refusal(new(prompt, new(1))));
        }
        Assert.Contains("Positions", await Refusal(new(new Prompt.Tokens([1]) { Positions = [5] }, new(1))));
        Assert.Contains("RepetitionPenalty", await Refusal(new(Prompt.User("x"), new(1) { RepetitionPenalty = 2 })));
        Assert.Contains("MinNewTokens", await Refusal(new(Prompt.User("x"), new(1) { MinNewTokens = 1 })));
        Assert.Contains("MinP", await Refusal(new(Prompt.User("x"), new(1) { MinP = 0.1 })));
        await Assert.ThrowsAsync<NotSupportedException>(() => model.ScoreAsync([]));

        async Task<string> Refusal(CompletionRequest request) =>
            (await Assert.ThrowsAsync<InputException>(() => model.CompleteAsync([request]))).Message;
    }

    [Fact]
    public async Task After_a_refusal_the_other_requests_of_the_call_are_cancelled()
    {
        using RefusingChat chat = new();
        string[] texts = ["wait", "refuse", "wait"];
        CompletionRequest[] requests = [.. texts.Select(t => new CompletionRequest(Prompt.User(t), new(1)))];

        Task<IReadOnlyList<Completion>> call = chat.AsLanguageModel("served").CompleteAsync(requests);

        Assert.Equal(
            "refused", (await Assert.ThrowsAsync<InputException>(() => call.WaitAsync(TimeSpan.FromSeconds(30)))).Message);
        Assert.Equal(2, chat.Cancelled);
    }

    [Fact]
    public async Task A_cancelled_stream_keeps_its_text()
    {
        using CancellationTokenSource cancel = new();
        using RecordedChat chat = new([], "One.\nTwo.");

        Completion kept = (await chat.AsLanguageModel("served").CompleteAsync(
            [new(Prompt.User("x"), new(9)) { OnText = _ => cancel.Cancel() }], cancel.Token))[0];

        Assert.Equal(("One.", FinishReason.Cancelled), (kept.Text, kept.FinishReason));
    }

    /// <summary>Holds a streamed call after its first text until it is cancelled, and records how calls end.</summary>
    sealed class HeldModel(ILanguageModel model) : ILanguageModel
    {
        internal List<FinishReason> Ended { get; } = [];

        public string Name => model.Name;

        public int? ContextWindow => model.ContextWindow;

        public ModelCapabilities Capabilities => model.Capabilities;

        public async Task<IReadOnlyList<Completion>> CompleteAsync(
            IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken = default)
        {
            CompletionRequest request = requests[0];
            Action<string>? held = request.OnText is not { } onText ? null : text =>
            {
                onText(text);
                cancellationToken.WaitHandle.WaitOne();
            };
            IReadOnlyList<Completion> completions =
                await model.CompleteAsync([request with { OnText = held }], cancellationToken);
            await Task.Delay(50, CancellationToken.None); // a reader that does not wait is noticed
            Ended.Add(completions[0].FinishReason);
            return completions;
        }
    }

    /// <summary>Refuses one message and answers no other.</summary>
    sealed class RefusingChat : IChatClient
    {
        int _cancelled;

        internal int Cancelled => _cancelled;

        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            if (messages.Last().Text == "refuse")
            {
                throw new InputException("refused");
            }
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                Interlocked.Increment(ref _cancelled);
            }
            return new();
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    /// <summary>Answers with a text, in a stream line by line, and records what it gets.</summary>
    sealed class RecordedChat(List<ChatOptions> seen, string text) : IChatClient
    {
        internal string? Last { get; private set; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            seen.Add(options!);
            Last = messages.Last().Text;
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, text))
            {
                FinishReason = ChatFinishReason.Stop,
                Usage = new() { InputTokenCount = 7, OutputTokenCount = 3 },
            });
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            seen.Add(options!);
            Last = messages.Last().Text;
            bool isFirst = true;
            foreach (string line in text.Split('\n'))
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                yield return new(ChatRole.Assistant, isFirst ? line : "\n" + line);
                isFirst = false;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
