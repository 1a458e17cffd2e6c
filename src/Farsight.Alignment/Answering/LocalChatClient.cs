using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Farsight.Engine;
using Farsight.Engine.Inference;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Answering;

/// <summary>A model of this process as a chat client. Any number of callers; one is answered at a time.</summary>
/// <remarks>Without a temperature the likeliest token is taken each time. Of a seed the lower 32 bits count.</remarks>
/// <param name="model">Nobody else uses it meanwhile; not disposed here.</param>
/// <param name="maxNewTokens">Most tokens of an answer where <see cref="ChatOptions.MaxOutputTokens"/> says nothing.</param>
public sealed class LocalChatClient(LoadedModel model, int maxNewTokens = 512) : IChatClient
{
    readonly SemaphoreSlim _turn = new(1);

    /// <inheritdoc/>
    /// <exception cref="InputException">The messages do not fit the window, the template refuses them, or an option is not
    /// supported.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        GeneratedText answer = await Answer(messages, options, null, cancellationToken).ConfigureAwait(false);
        return new(new ChatMessage(ChatRole.Assistant, answer.Text))
        {
            ModelId = model.Name,
            FinishReason = Reason(answer),
            Usage = Usage(answer),
        };
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">The messages do not fit the window, the template refuses them, or an option is not
    /// supported.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<string> texts = Channel.CreateUnbounded<string>();
        Task<GeneratedText> answer = Answer(messages, options, text => texts.Writer.TryWrite(text), left.Token);
        _ = answer.ContinueWith(_ => texts.Writer.Complete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await foreach (string text in texts.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return new(ChatRole.Assistant, text) { ModelId = model.Name };
            }
            GeneratedText whole = await answer.ConfigureAwait(false);
            yield return new(ChatRole.Assistant, [new UsageContent(Usage(whole))]) { ModelId = model.Name, FinishReason = Reason(whole) };
        }
        finally
        {
            await left.CancelAsync().ConfigureAwait(false); // who stops reading wants no more
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("farsight", null, model.Name)
            : serviceType == typeof(LoadedModel) ? model
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    async Task<GeneratedText> Answer(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options,
        Action<string>? onText,
        CancellationToken cancel)
    {
        ChatAsk.Check(options);
        TextOptions how = Options(options);
        int[] prompt = model.Format.Conversation(ChatAsk.Turns(messages, options));
        await _turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            GeneratedText answer = await Task.Run(
                    () => TextGenerator.Generate(model, [prompt], false, how, onText is null ? null : (_, text) => onText(text), cancel)[0],
                    cancel)
                .ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            return answer;
        }
        finally
        {
            _turn.Release();
        }
    }

    TextOptions Options(ChatOptions? options)
    {
        if (options is { PresencePenalty: not (null or 0) } or { FrequencyPenalty: not (null or 0) })
        {
            throw new InputException("The local model knows no presence or frequency penalty; leave it out.");
        }
        return new(
            options?.MaxOutputTokens ?? maxNewTokens,
            new Sampling(options?.Temperature ?? 0, options?.TopP ?? 1, options?.TopK ?? 0))
        {
            Seed = unchecked((int)(options?.Seed ?? 0)),
            Stop = [.. options?.StopSequences ?? []],
        };
    }

    static ChatFinishReason Reason(GeneratedText answer) =>
        answer.FinishReason == FinishReason.Stop ? ChatFinishReason.Stop : ChatFinishReason.Length;

    static UsageDetails Usage(GeneratedText answer) => new()
    {
        InputTokenCount = answer.PromptTokens.Count,
        OutputTokenCount = answer.Tokens.Count,
        TotalTokenCount = answer.PromptTokens.Count + answer.Tokens.Count,
    };
}
