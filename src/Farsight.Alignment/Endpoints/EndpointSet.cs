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
    // A throttled request is repeated before others at first, and then in turn. One that is throttled more often while others are answered
    // is larger than a limit; a limit that many requests share does not refuse the same one that often.
    const int MaxThrottlesFirst = 3, MaxOvertaken = 30;

    readonly EndpointOptions _options;
    readonly EndpointLine _line;
    readonly ChatPost _post;
    readonly AnswerCache? _cache;
    readonly UsageCounter _counter;
    readonly TimeProvider _time;
    readonly Action<string>? _notice;
    readonly RequestForm _form;
    readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, bool> _noticed = new(StringComparer.Ordinal);

    EndpointSet(EndpointOptions options, Action<string>? notice, TimeProvider time)
    {
        options.Check();
        EndpointAddress[] addresses = [.. options.Urls.Select(EndpointAddress.Parse)];
        (_options, _notice, _time, _form) = (options, notice, time, RequestForm.Of(addresses[0]));
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
    /// <exception cref="UnusableAnswerException">The answer has no text, but only reasoning or tool calls, or is too large.</exception>
    /// <exception cref="InputException">An option is not supported.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatMessage[] conversation = [.. messages];
        ChatRequest request = new(form => ChatWire.Request(_options.Model, conversation, options, form), _form);
        ChatAnswer answer = _cache is null
            ? await Ask(request, cancellationToken).ConfigureAwait(false)
            : await AskOnce(request, _cache, cancellationToken).ConfigureAwait(false);
        string text = Thought.Remove(answer.Text) ?? throw Thought.Unclosed(_options.Model);
        if (text.Length < answer.Text.Length)
        {
            NoticeOnce(
                "thought",
                $"{_options.Model} begins answers with its reasoning (<think> … </think>); it is removed from them. "
                    + "To avoid its cost, switch the model's reasoning off.");
        }
        return new(new ChatMessage(ChatRole.Assistant, text))
        {
            ModelId = answer.Model ?? options?.ModelId ?? _options.Model,
            FinishReason = answer.FinishReason is { Length: > 0 } reason ? new(reason) : null,
            AdditionalProperties = PropertiesOf(answer),
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

    /// <summary>
    /// Returns the endpoints as a language model that gets prompts of token ids as they are, if each of them is a server of Farsight whose
    /// model has a given tokenizer; else as one that gets messages only.
    /// </summary>
    /// <param name="name">As <see cref="AsLanguageModel"/>.</param>
    /// <param name="tokenizerHash">SHA-256 of the tokenizer, in hexadecimal.</param>
    /// <param name="cancel">Cancels asking the endpoints.</param>
    public async Task<ILanguageModel> AsTokenModelAsync(string? name, string tokenizerHash, CancellationToken cancel)
    {
        byte[]?[] lists = await Task.WhenAll(_line.Endpoints.Select(e => _post.Models(e.Address, cancel))).ConfigureAwait(false);
        (string? Tokenizer, int? Window)[] models =
            [.. lists.Select(l => l is null ? (null, null) : ChatWire.ModelOf(l, _options.Model))];
        bool isSame = models.All(m => m.Tokenizer == tokenizerHash);
        int? window = isSame ? models.Min(m => m.Window) : null;
        return new ChatClientModel(this, name ?? _options.Model, _options.Concurrency * _options.Urls.Count, isSame, window);
    }

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

    /// <summary>Returns an answer from the cache, or from an endpoint into the cache; equal
    /// requests in progress share one answer.</summary>
    async Task<ChatAnswer> AskOnce(ChatRequest request, AnswerCache cache, CancellationToken cancel)
    {
        string hash = AnswerCache.Hash(request.Usual);
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

    static AdditionalPropertiesDictionary? PropertiesOf(ChatAnswer answer)
    {
        AdditionalPropertiesDictionary properties = [];
        if (answer.Omitted is not null)
        {
            properties[ChatClientModel.OmittedOptions] = answer.Omitted;
        }
        if (answer.Tokens is not null)
        {
            properties[ChatClientModel.AnswerTokens] = answer.Tokens;
        }
        return properties.Count > 0 ? properties : null;
    }

    ChatAnswer? Find(string hash, AnswerCache cache)
    {
        ChatAnswer? known = cache.Find(hash, out bool isDamaged);
        if (known is not null)
        {
            _counter.CountCached();
        }
        if (isDamaged)
        {
            _counter.CountDamaged();
            _notice?.Invoke($"{cache.PathOf(hash)} is damaged; its request is sent again.");
        }
        return known;
    }

    /// <summary>Sends a request until there is an answer, or the retries are used up.</summary>
    async Task<ChatAnswer> Ask(ChatRequest request, CancellationToken cancel)
    {
        Dictionary<Endpoint, RequestForm> tried = [];
        long answered = _counter.Usage.Answers;
        for (int attempts = 0, failures = 0, damaged = 0, throttles = 0, overtaken = 0; ; attempts++)
        {
            bool isRepeated = attempts > 0 && throttles <= MaxThrottlesFirst;
            Endpoint endpoint = await _line.Take(isRepeated, cancel).ConfigureAwait(false);
            RequestForm form = tried.GetValueOrDefault(endpoint) ?? endpoint.Form;
            try
            {
                ChatAnswer answer = await _post.Ask(endpoint.Address, request.In(form), form, cancel).ConfigureAwait(false);
                _line.RecordAnswer(endpoint);
                _counter.CountAnswer(answer);
                if (tried.ContainsKey(endpoint))
                {
                    _line.AdoptForm(endpoint, form);
                }
                return form.OmittedFrom(request.Usual) is { Count: > 0 } omitted ? answer with { Omitted = omitted } : answer;
            }
            catch (EndpointFailure failure)
            {
                Count(endpoint, failure);
                damaged += failure.MaxAttempts is null ? 0 : 1;
                if (!failure.IsThrottle && (++failures > _options.Retries || damaged >= failure.MaxAttempts))
                {
                    throw NoAnswer(endpoint, failure, failures);
                }
                throttles += failure.IsThrottle ? 1 : 0;
                overtaken += failure.IsThrottle && _counter.Usage.Answers > answered ? 1 : 0;
                answered = _counter.Usage.Answers;
                if (overtaken > MaxOvertaken)
                {
                    throw new UnusableAnswerException(
                        $"{endpoint.Address.Name} throttled a request {overtaken} times and answered others meanwhile; last error: "
                            + $"{failure.Message}. The request may be larger than a limit of the account.");
                }
                await (failure.IsThrottle ? Task.CompletedTask : Task.Delay(_line.Delay(failures - 1), _time, cancel)).ConfigureAwait(
                    false);
            }
            catch (EndpointException refused) when (refused.OtherForm is { } other)
            {
                _line.Release(endpoint);
                tried[endpoint] = other;
            }
            catch (Exception e) when (e is not EndpointFailure)
            {
                _line.Release(endpoint);
                throw;
            }
        }
    }

    void Count(Endpoint endpoint, EndpointFailure failure)
    {
        if (failure.MaxAttempts == 1)
        {
            _line.RecordAnswer(endpoint); // it works; its answer to this request is of no use
        }
        else
        {
            _line.RecordFailure(endpoint, failure);
        }
        _counter.CountFailure(failure);
    }

    static InputException NoAnswer(Endpoint endpoint, EndpointFailure failure, int failures) => failure.MaxAttempts == 1
        ? new UnusableAnswerException($"{endpoint.Address.Name} gave no usable answer to a request: {failure.Message}.")
        : new EndpointException(
            $"{endpoint.Address.Name} gave no usable answer to a request in {failures} attempts; last error: {failure.Message}. "
                + "Check the server, then rerun the command to resume.");

    void NoticeOnce(string subject, string text)
    {
        if (_noticed.TryAdd(subject, true))
        {
            _notice?.Invoke(text);
        }
    }

    /// <summary>Represents a request that can be written in several forms.</summary>
    /// <param name="write">Writes it.</param>
    /// <param name="usual">The form that names it in the cache.</param>
    sealed class ChatRequest(Func<RequestForm, byte[]> write, RequestForm usual)
    {
        internal byte[] Usual { get; } = write(usual);

        internal byte[] In(RequestForm form) => form.IsSame(usual) ? Usual : write(form);
    }
}
