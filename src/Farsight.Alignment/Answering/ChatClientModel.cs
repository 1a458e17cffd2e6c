using System.Diagnostics;
using System.Text;
using Farsight.Engine;
using Farsight.Text.Conversations;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Answering;

/// <summary>Adapts a chat client, such as a set of endpoints, to <see cref="ILanguageModel"/>. Requests run side by side.</summary>
/// <remarks>The client limits, retries and caches requests itself.</remarks>
/// <param name="client">The client; not disposed here.</param>
/// <param name="name">As <see cref="ILanguageModel.Name"/>.</param>
/// <param name="concurrency">Number of requests worth having in progress; the client may hold some of them back.</param>
/// <param name="acceptsTokens">Whether the client takes <see cref="OwnFields"/>, as Farsight's server does.</param>
/// <param name="window">As <see cref="ContextWindow"/>.</param>
sealed class ChatClientModel(
    IChatClient client, string name, int concurrency = 1, bool acceptsTokens = false, int? window = null) : ILanguageModel
{
    /// <summary>Name of the request's property with the token ids of the prompt, in place of messages.</summary>
    internal const string PromptTokens = "prompt_token_ids";

    /// <summary>Name of the response's property with the token ids of the answer.</summary>
    internal const string AnswerTokens = "token_ids";

    const string StopTokens = "stop_token_ids", MinTokens = "min_tokens", RandomState = "random_state", ReturnsTokens = "return_token_ids";

    /// <summary>Name of the response's property with the options that the server rejected.</summary>
    internal const string OmittedOptions = "omitted_options";

    /// <summary>Names of the request's properties that only Farsight's server knows.</summary>
    internal static string[] OwnFields { get; } = [PromptTokens, StopTokens, MinTokens, RandomState, ReturnsTokens];

    const int MaxStops = 4; // OpenAI's limit; the other stop texts are searched for in the answer only

    /// <summary>The client.</summary>
    public IChatClient Client => client;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public int? ContextWindow => window;

    /// <inheritdoc/>
    public ModelCapabilities Capabilities { get; } = new()
    {
        Concurrency = concurrency,
        AcceptsTokens = acceptsTokens,
        IsRemote = true,
    };

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Completion>> CompleteAsync(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return await Task.WhenAll(requests.Select(r => CompleteOrEnd(r, call))).ConfigureAwait(false);
    }

    /// <summary>Completes a request of a call. Where it fails, the call has no result, so its other requests are cancelled.</summary>
    async Task<Completion> CompleteOrEnd(CompletionRequest request, CancellationTokenSource call)
    {
        try
        {
            return await Complete(request, call.Token).ConfigureAwait(false);
        }
        catch
        {
            await call.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    async Task<Completion> Complete(CompletionRequest request, CancellationToken cancel)
    {
        request.Options.Check();
        if (request is { TopLogProbs: not null } or { ScoresPrompt: true } or { Constraint: not null })
        {
            throw new InputException(
                $"An endpoint supports neither {nameof(request.TopLogProbs)}, {nameof(request.ScoresPrompt)} nor "
                    + $"{nameof(request.Constraint)}; use a local model.");
        }
        ChatOptions options = Options(request.Options);
        bool sendsTokens = acceptsTokens && request.Prompt is Prompt.Tokens { Positions: null, ContinuesText: false };
        ChatMessage[] messages = sendsTokens ? [] : [.. ChatMessages.Of(Turns(request.Prompt))];
        options.AdditionalProperties = acceptsTokens ? OwnOptions(request, sendsTokens) : null;
        long started = Stopwatch.GetTimestamp();
        StringBuilder streamed = new();
        ChatResponse response;
        try
        {
            response = request.OnText is { } onText
                ? await Stream(messages, options, request.Options.Stop.Count == 0 ? onText : null, streamed, cancel).ConfigureAwait(false)
                : await client.GetResponseAsync(messages, options, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return new(request.Options.BeforeStop(streamed.ToString(), out _), FinishReason.Cancelled);
        }
        string text = request.Options.BeforeStop(response.Text, out bool isCut);
        if (request.Options.Stop.Count > 0)
        {
            request.OnText?.Invoke(text); // any part of it could have been removed by a stop text
        }
        FinishReason finish = response.FinishReason is { } reason ? FinishReason.OfServer(reason.Value) : FinishReason.Unknown;
        IReadOnlyList<int> tokens = response.AdditionalProperties?.GetValueOrDefault(AnswerTokens) as IReadOnlyList<int> ?? [];
        bool hasStopToken = tokens.Count > 0 && finish == FinishReason.Stop && request.Options.Stop.Count == 0;
        return new(text, isCut ? FinishReason.Stop : finish)
        {
            Tokens = hasStopToken ? [.. tokens.SkipLast(1)] : tokens,
            StopToken = hasStopToken ? tokens[^1] : null,
            InputTokens = (int?)response.Usage?.InputTokenCount,
            OutputTokens = (int?)response.Usage?.OutputTokenCount,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            OmittedOptions = response.AdditionalProperties?.GetValueOrDefault(OmittedOptions) as IReadOnlyList<string> ?? [],
        };
    }

    async Task<ChatResponse> Stream(
        ChatMessage[] messages, ChatOptions options, Action<string>? onText, StringBuilder text, CancellationToken cancel)
    {
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(messages, options, cancel).ConfigureAwait(false))
        {
            updates.Add(update);
            text.Append(update.Text);
            if (update.Text.Length > 0)
            {
                onText?.Invoke(update.Text);
            }
        }
        return updates.ToChatResponse();
    }

    static IReadOnlyList<ChatTurn> Turns(Prompt prompt) =>
        prompt is Prompt.Tokens { Positions: not null }
            ? throw new InputException(
                $"An endpoint numbers the tokens of a prompt itself, so it does not support {nameof(Prompt.Tokens.Positions)}; "
                    + "use a local model.")
        : prompt is not Prompt.Chat { UsesTemplate: true, Turns.Count: > 0 } chat
            ? throw new InputException(
                "An endpoint applies its own chat template, so it accepts chat turns only and neither raw text nor token ids; "
                    + "use a local model.")
        : chat.AnswerPrefix.Length == 0 ? chat.Turns
        : [.. chat.Turns.SkipLast(1), chat.Turns[^1] with { Content = chat.Turns[^1].Content + chat.AnswerPrefix }];

    ChatOptions Options(GenerationOptions options)
    {
        string? unsupported =
            options.MinP > 0 ? nameof(options.MinP)
            : options.RepetitionPenalty != 1 ? nameof(options.RepetitionPenalty)
            : options.MinNewTokens > 0 && !acceptsTokens ? nameof(options.MinNewTokens)
            : options.StopTokens.Count > 0 && !acceptsTokens ? nameof(options.StopTokens)
            : options.LogitBias.Count > 0 ? nameof(options.LogitBias)
            : null;
        return unsupported is null
            ? new()
            {
                Temperature = (float)options.Temperature,
                TopP = options.TopP < 1 ? (float)options.TopP : null,
                PresencePenalty = options.PresencePenalty == 0 ? null : (float)options.PresencePenalty,
                FrequencyPenalty = options.FrequencyPenalty == 0 ? null : (float)options.FrequencyPenalty,
                TopK = options.TopK > 0 ? options.TopK : null,
                Seed = options.Seed,
                MaxOutputTokens = options.MaxNewTokens,
                StopSequences = options.Stop.Count > 0 ? [.. options.Stop.Take(MaxStops)] : null,
            }
            : throw new InputException($"An endpoint does not support {unsupported}; leave it at its default.");
    }

    /// <summary>Returns the options of Farsight's server, by which it gives the answer that a local model gives.</summary>
    static AdditionalPropertiesDictionary OwnOptions(CompletionRequest request, bool sendsTokens)
    {
        AdditionalPropertiesDictionary own = [];
        if (sendsTokens)
        {
            own[PromptTokens] = ((Prompt.Tokens)request.Prompt).Ids;
        }
        if (request.Options.StopTokens.Count > 0)
        {
            own[StopTokens] = request.Options.StopTokens;
        }
        if (request.Options.MinNewTokens > 0)
        {
            own[MinTokens] = (long)request.Options.MinNewTokens;
        }
        if (request.Random is { } random && request.Options.Temperature > 0)
        {
            own[RandomState] = unchecked((long)random.State);
        }
        own[ReturnsTokens] = true;
        return own;
    }
}
