using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Farsight.Engine;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Answering;

/// <summary>Adapts a language model to <see cref="IChatClient"/>, for any number of callers.</summary>
/// <remarks>Without a temperature the most likely token is always taken.</remarks>
/// <param name="model">The model; not disposed here.</param>
/// <param name="maxNewTokens">Maximum tokens of an answer where <see cref="ChatOptions.MaxOutputTokens"/> is not set.</param>
sealed class ModelChatClient(ILanguageModel model, int maxNewTokens = 512) : IChatClient
{
    /// <inheritdoc/>
    /// <exception cref="InputException">The messages do not fit the window, the template refuses
    /// them, or an option is not supported.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Completion answer = await Complete(messages, options, null, cancellationToken).ConfigureAwait(false);
        return new(new ChatMessage(ChatRole.Assistant, answer.Text))
        {
            ModelId = model.Name,
            FinishReason = new(answer.FinishReason.Value),
            Usage = Usage(answer),
        };
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">The messages do not fit the window, the template refuses
    /// them, or an option is not supported.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<string> texts = Channel.CreateUnbounded<string>();
        Task<Completion> answer = Complete(messages, options, text => texts.Writer.TryWrite(text), abandoned.Token);
        _ = answer.ContinueWith(_ => texts.Writer.Complete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await foreach (string text in texts.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return new(ChatRole.Assistant, text) { ModelId = model.Name };
            }
            Completion whole = await answer.ConfigureAwait(false);
            yield return new(ChatRole.Assistant, [new UsageContent(Usage(whole))])
            {
                ModelId = model.Name,
                FinishReason = new(whole.FinishReason.Value),
            };
        }
        finally
        {
            // A reader that stops early needs no more text, and may dispose the model next.
            await abandoned.CancelAsync().ConfigureAwait(false);
            await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("farsight", null, model.Name)
            : serviceType.IsInstanceOfType(model) ? model
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    async Task<Completion> Complete(
        IEnumerable<ChatMessage> messages, ChatOptions? options, Action<string>? onText, CancellationToken cancel)
    {
        ChatMessages.Check(options);
        CompletionRequest request = new(new Prompt.Chat(ChatMessages.Turns(messages, options)), Options(options)) { OnText = onText };
        Completion answer = (await model.CompleteAsync([request], cancel).ConfigureAwait(false))[0];
        return answer.FinishReason == FinishReason.Cancelled ? throw new OperationCanceledException(cancel) : answer;
    }

    GenerationOptions Options(ChatOptions? options) => new(options?.MaxOutputTokens ?? maxNewTokens)
    {
        Temperature = options?.Temperature ?? 0,
        TopP = options?.TopP ?? 1,
        TopK = options?.TopK ?? 0,
        Seed = options?.Seed,
        Stop = [.. options?.StopSequences ?? []],
        PresencePenalty = options?.PresencePenalty ?? 0,
        FrequencyPenalty = options?.FrequencyPenalty ?? 0,
    };

    static UsageDetails Usage(Completion answer) => new()
    {
        InputTokenCount = answer.InputTokens,
        OutputTokenCount = answer.OutputTokens,
        TotalTokenCount = answer.InputTokens + answer.OutputTokens,
    };
}

/// <summary>Converts between language models and chat clients of Microsoft.Extensions.AI.</summary>
public static class ChatClientConversions
{
    /// <summary>Returns the chat client behind a model, or a new one over it.</summary>
    /// <param name="model">The model; a new client does not dispose it.</param>
    public static IChatClient AsChatClient(this ILanguageModel model) =>
        model is ChatClientModel adapter ? adapter.Client : new ModelChatClient(model);

    /// <summary>Returns a language model over a chat client.</summary>
    /// <param name="client">The client; not disposed by the model.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="concurrency">Number of requests worth having in progress; the client may hold some of them back.</param>
    public static ILanguageModel AsLanguageModel(this IChatClient client, string name, int concurrency = 1) =>
        new ChatClientModel(client, name, concurrency);
}
