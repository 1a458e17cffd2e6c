using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Endpoints;

/// <summary>Sends requests to one or several OpenAI-compatible endpoints that serve the same model, as one chat client.</summary>
/// <remarks>
/// Callers need no limits, retries or caches of their own: start some hundreds of requests, more than may be in progress, and await them in
/// the order of the results. Waiting requests hold their text in memory. Equal requests get equal answers while the cache is kept; another
/// <see cref="ChatOptions.Seed"/> gets another answer.
/// </remarks>
public sealed class EndpointSet : IChatClient
{
    readonly EndpointOptions _options;
    readonly EndpointLine _line;
    readonly ChatPost _post;
    readonly AnswerCache? _cache;
    readonly UsageCounter _counter;
    readonly TimeProvider _time;
    readonly Action<string>? _notice;
    readonly string _tokenLimit;
    readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);

    EndpointSet(EndpointOptions options, Action<string>? notice, TimeProvider time)
    {
        options.Check();
        EndpointAddress[] addresses = [.. options.Urls.Select(EndpointAddress.Parse)];
        (_options, _notice, _time, _tokenLimit) = (options, notice, time, addresses[0].TokenLimit);
        _cache = options.Cache is null ? null : new(options.Cache);
        _counter = new(options.Prices);
        _line = new(options, addresses, notice, time);
        _post = new(EndpointKey.Read(options.KeyVariable), options.Timeout, usesProxy: !addresses.All(a => a.Uri.IsLoopback), time);
    }

    /// <summary>Number of requests, tokens and their cost so far.</summary>
    public EndpointUsage Usage => _counter.Usage;

    /// <summary>Opens endpoints without sending a request.</summary>
    /// <param name="options">Addresses and limits.</param>
    /// <param name="notice">Receives notices for the user, on any thread; null for none.</param>
    /// <exception cref="InputException">An option is wrong, or the key's variable is not set.</exception>
    public static EndpointSet Open(EndpointOptions options, Action<string>? notice = null) => Open(options, notice, TimeProvider.System);

    /// <summary>Opens endpoints with another clock, for tests.</summary>
    internal static EndpointSet Open(EndpointOptions options, Action<string>? notice, TimeProvider time) => new(options, notice, time);

    /// <inheritdoc/>
    /// <remarks>Temperature, top-p, penalties, seed, maximum tokens and stop texts are passed on. An answer that reached the maximum has
    /// <see cref="ChatFinishReason.Length"/>.</remarks>
    /// <exception cref="EndpointException">An endpoint refused the request, or none gave an answer.</exception>
    /// <exception cref="InputException">An option is not supported.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        byte[] request = ChatWire.Request(_options.Model, messages, options, _tokenLimit);
        ChatAnswer answer = _cache is null
            ? await Ask(request, cancellationToken).ConfigureAwait(false)
            : await AskOnce(request, _cache, cancellationToken).ConfigureAwait(false);
        return new(new ChatMessage(ChatRole.Assistant, answer.Text))
        {
            ModelId = answer.Model ?? options?.ModelId ?? _options.Model,
            FinishReason = answer.FinishReason is { Length: > 0 } reason ? new(reason) : null,
            Usage = answer is { InputTokens: null, OutputTokens: null } ? null : new()
            {
                InputTokenCount = answer.InputTokens,
                OutputTokenCount = answer.OutputTokens,
                TotalTokenCount = answer.InputTokens + answer.OutputTokens,
            },
        };
    }

    /// <inheritdoc/>
    /// <remarks>The answer comes in one piece, because a partial answer could not be retried.</remarks>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ChatResponse whole = await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        foreach (ChatResponseUpdate update in whole.ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    /// <summary>Returns the endpoints as a language model.</summary>
    /// <param name="name">The model's name; null for the name that the endpoints know.</param>
    public ILanguageModel AsLanguageModel(string? name = null) =>
        new ChatClientModel(this, name ?? _options.Model, _options.Concurrency * _options.Urls.Count);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata)
                ? new ChatClientMetadata("openai", new(_line.Endpoints[0].Address.Name), _options.Model)
            : serviceType == typeof(EndpointUsage) ? Usage
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _line.Dispose();
        _post.Dispose();
    }

    /// <summary>Returns an answer from the cache, or from an endpoint into the cache; equal requests in progress share one
    /// answer.</summary>
    async Task<ChatAnswer> AskOnce(byte[] request, AnswerCache cache, CancellationToken cancel)
    {
        string hash = AnswerCache.Hash(request);
        TaskCompletionSource mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
        while (_underWay.GetOrAdd(hash, mine.Task) is var first && first != mine.Task)
        {
            await first.WaitAsync(cancel).ConfigureAwait(false);
        }
        try
        {
            if (Find(hash, cache) is { } known)
            {
                return known;
            }
            ChatAnswer answer = await Ask(request, cancel).ConfigureAwait(false);
            cache.Keep(hash, answer);
            return answer;
        }
        finally
        {
            _underWay.TryRemove(hash, out _);
            mine.SetResult();
        }
    }

    ChatAnswer? Find(string hash, AnswerCache cache)
    {
        ChatAnswer? known = cache.Find(hash, out bool isDamaged);
        if (known is not null)
        {
            _counter.Cached();
        }
        if (isDamaged)
        {
            _counter.Damaged();
            _notice?.Invoke($"{cache.PathOf(hash)} is damaged; its request is sent again.");
        }
        return known;
    }

    /// <summary>Sends a request until there is an answer, or the retries are used up.</summary>
    async Task<ChatAnswer> Ask(byte[] request, CancellationToken cancel)
    {
        for (int attempts = 0, failures = 0; ; attempts++)
        {
            Endpoint endpoint = await _line.Take(isRepeated: attempts > 0, cancel).ConfigureAwait(false);
            try
            {
                ChatAnswer answer = await _post.Ask(endpoint.Address, request, cancel).ConfigureAwait(false);
                _line.Answered(endpoint);
                _counter.Answered(answer);
                return answer;
            }
            catch (EndpointFailure failure)
            {
                _line.Failed(endpoint, failure);
                _counter.Failed(failure);
                if (!failure.IsThrottle && ++failures > _options.Retries)
                {
                    throw new EndpointException(
                        $"{endpoint.Address.Name} gave no usable answer to a request in {failures} attempts; last error: "
                            + $"{failure.Message}. Check the server, then rerun the command to resume."
                    );
                }
                await (failure.IsThrottle ? Task.CompletedTask : Task.Delay(_line.Delay(failures - 1), _time, cancel)).ConfigureAwait(
                    false);
            }
            catch (Exception e) when (e is not EndpointFailure)
            {
                _line.Left(endpoint);
                throw;
            }
        }
    }
}
