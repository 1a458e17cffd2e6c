using Farsight.Alignment.Answering;
using Farsight.Engine.Inference;
using Farsight.Server.Protocol;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Server.Serving;

/// <summary>Represents a model or an adapter under the name that requests use.</summary>
sealed class ServedModel : IDisposable
{
    readonly Lock _access = new();
    readonly LoadedModel _loaded;
    int _users;
    bool _isRemoved;

    /// <summary>Opens a model. The weights are mapped from their file, so all adapters of a model share them.</summary>
    internal ServedModel(string name, ServerOptions options, string? adapter, Action<string>? notice)
    {
        (Name, IsAdapter) = (name, adapter is not null);
        _loaded = LoadedModel.Open(options.Model, adapter, adapter is null ? options.Rope : null, notice);
        try
        {
            int window = _loaded.Model.Config.MaxPositionEmbeddings;
            Window = Math.Min(window, options.MaxContext ?? window);
            Answers = new(_loaded, new()
            {
                CacheBytes = options.CacheBytes,
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

    internal ContinuousModel Answers { get; }

    /// <summary>Number of tokens that the model can have: ids are smaller.</summary>
    internal int Vocabulary => _loaded.Model.Config.VocabSize;

    /// <summary>Bytes of keys and values for each token.</summary>
    internal long BytesPerToken => DecodingBatch.BytesPerToken(_loaded.Model.Config);

    /// <summary>Gets the chat format.</summary>
    /// <exception cref="ApiException">The model has none.</exception>
    internal ChatFormat Format => _loaded.HasFormat
        ? _loaded.Format
        : throw new ApiException(400, $"The model {Name} has no chat template; use /v1/completions.", "model", "no_chat_template");

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

    /// <summary>Checks that a prompt leaves room for an answer.</summary>
    /// <param name="tokens">Tokens of the prompt.</param>
    /// <param name="maxTokens">Requested new tokens; null for as many as fit.</param>
    /// <param name="param">The field of the prompt.</param>
    /// <returns>Maximum number of new tokens: as many as requested or fit.</returns>
    internal int RoomAfter(int tokens, int? maxTokens, string param) => maxTokens == 0 && tokens <= Window ? 0
        : tokens < Window ? Math.Min(maxTokens ?? int.MaxValue, Window - tokens)
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
            Answers.Dispose();
            _loaded.Dispose();
        }
    }

    sealed class Lease(ServedModel model) : IDisposable
    {
        ServedModel? _model = model;

        public void Dispose() => Interlocked.Exchange(ref _model, null)?.Release(1);
    }
}
