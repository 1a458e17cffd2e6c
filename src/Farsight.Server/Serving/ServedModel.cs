using Farsight.Alignment.Answering;
using Farsight.Alignment.Answering.Context;
using Farsight.Engine;
using Farsight.Engine.Inference;
using Farsight.Engine.Numerics;
using Farsight.Server.Protocol;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Server.Serving;

/// <summary>Represents a model or an adapter under the name that requests use.</summary>
sealed class ServedModel : IDisposable
{
    readonly Lock _access = new();
    readonly LoadedModel _loaded;
    readonly Lazy<ChatFormat?> _format; // finding out whether there is one reads files
    readonly Lazy<string> _tokenizerHash;
    readonly ContinuousModel? _shared; // null with a context method
    readonly NumberFormat _cacheFormat;
    readonly int _maxNewTokens = int.MaxValue;
    int _users;
    bool _isRemoved;

    /// <summary>Opens a model. The weights are mapped from their file, so all adapters of a model share them.</summary>
    internal ServedModel(string name, ServerOptions options, string? adapter, Action<string>? notice)
    {
        (Name, IsAdapter, _cacheFormat) = (name, adapter is not null, options.CacheFormat);
        _loaded = LoadedModel.Open(options.Model, adapter, adapter is null ? options.Rope : null, notice);
        (_format, _tokenizerHash) = (new(() => _loaded.HasFormat ? _loaded.Format : null), new(() => _loaded.Tokenizer.Sha256));
        try
        {
            _loaded.Use(options.Precision, notice);
            int window = _loaded.Model.Config.MaxPositionEmbeddings;
            if (options.ContextMethod is { } text)
            {
                Answers = Over(ContextMethod.Parse(text));
                Window = Math.Min(Answers.ContextWindow ?? int.MaxValue, options.MaxContext ?? Answers.ContextWindow ?? window);
                _maxNewTokens = Math.Max(1, window / 4); // methods reserve memory and positions for all new tokens
                return;
            }
            Window = Math.Min(window, options.MaxContext ?? window);
            Answers = _shared = new(_loaded, new()
            {
                CacheBytes = options.CacheBytes,
                CacheFormat = options.CacheFormat,
                MaxTokens = Window,
                MaxSequences = options.Concurrency,
                PrefillTokens = options.PrefillTokens,
            });
        }
        catch
        {
            _loaded.Dispose();
            throw;
        }
    }

    internal string Name { get; }

    internal bool IsAdapter { get; }

    /// <summary>Unix time at which the model was loaded.</summary>
    internal long Created { get; } = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>Maximum number of tokens of a prompt and its answer.</summary>
    internal int Window { get; }

    internal Tokenizer Tokenizer => _loaded.Tokenizer;

    /// <summary>As <see cref="Tokenizer.Sha256"/>, by which clients recognize token ids that they can send.</summary>
    internal string TokenizerHash => _tokenizerHash.Value;

    /// <summary>Generates the answers.</summary>
    internal ILanguageModel Answers { get; }

    /// <summary>Whether the log-probabilities of a prompt can be computed.</summary>
    internal bool ScoresPrompts => _shared is not null;

    /// <summary>Maximum number of tokens in the cache, and their number now; 0 with a context method.</summary>
    internal (int Capacity, int InUse) CacheTokens => _shared is { } cache ? (cache.CacheTokens, cache.CacheTokensInUse) : (0, 0);

    /// <summary>Number of tokens that the model can have: ids are smaller.</summary>
    internal int Vocabulary => _loaded.Model.Config.VocabSize;

    /// <summary>Bytes of the cache.</summary>
    internal long CacheBytes => CacheTokens.Capacity * ContinuousBatch.BytesPerToken(_loaded.Model.Config, _cacheFormat);

    /// <summary>Gets the chat format.</summary>
    /// <exception cref="ApiException">The model has none.</exception>
    internal ChatFormat Format => _format.Value
        ?? throw new ApiException(400, $"The model {Name} has no chat template; use /v1/completions.", "model", "no_chat_template");

    /// <summary>Keeps the model loaded until the result is disposed; null if it is being unloaded.</summary>
    internal IDisposable? Use()
    {
        lock (_access)
        {
            if (_isRemoved)
            {
                return null;
            }
            _users++;
            return new Lease(this);
        }
    }

    /// <summary>Checks that the model has tokens.</summary>
    /// <param name="ids">Token ids, 0 or more.</param>
    /// <param name="param">Their field.</param>
    internal void CheckTokens(IEnumerable<int> ids, string param)
    {
        if (ids.FirstOrDefault(t => t >= Vocabulary) is var wrong and > 0)
        {
            throw new ApiException(400, $"{param} has the token {wrong}; the model has the tokens 0 to {Vocabulary - 1}.", param);
        }
    }

    /// <summary>Checks that a prompt leaves room for an answer.</summary>
    /// <param name="tokens">Tokens of the prompt.</param>
    /// <param name="maxTokens">Requested new tokens; null for as many as fit.</param>
    /// <param name="param">The field of the prompt.</param>
    /// <returns>Maximum number of new tokens: as many as requested or fit.</returns>
    internal int RoomAfter(int tokens, int? maxTokens, string param) => maxTokens == 0 && tokens <= Window ? 0
        : tokens < Window ? Math.Min(maxTokens ?? _maxNewTokens, Window - tokens)
        : throw new ApiException(
            400,
            $"This model's maximum context length is {Window} tokens, and an input of {tokens} tokens leaves no room for an answer; "
                + "shorten it.",
            param,
            "context_length_exceeded");

    /// <summary>Refuses further uses, and frees the model after the last one.</summary>
    public void Dispose()
    {
        lock (_access)
        {
            _isRemoved = true;
        }
        Release(0);
    }

    void Release(int users)
    {
        bool isLast;
        lock (_access)
        {
            _users -= users;
            isLast = _isRemoved && _users == 0;
        }
        if (isLast)
        {
            _shared?.Dispose();
            _loaded.Dispose();
        }
    }

    LocalModel Over(ContextMethod method)
    {
        if (method.WritesPrompts)
        {
            throw new InputException(
                $"Context method {method.Text}: the method writes prompts of its own, and here clients write them; use a method that "
                    + "changes how prompts are read, or evaluate this server with the method.");
        }
        return (LocalModel)method.Over(_loaded);
    }

    sealed class Lease(ServedModel model) : IDisposable
    {
        ServedModel? _model = model;

        public void Dispose() => Interlocked.Exchange(ref _model, null)?.Release(1);
    }
}
