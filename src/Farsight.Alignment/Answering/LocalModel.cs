using System.Diagnostics;
using Farsight.Engine;
using Farsight.Engine.Inference;
using Farsight.Engine.Inference.Context;
using Farsight.Engine.Models;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Answering;

/// <summary>Completes and scores with a model of this process. One call runs at a time; the others wait.</summary>
/// <remarks>
/// Prompts of one call are decoded side by side, and what they share is computed once (<see cref="PromptDecoder"/>,
/// <see cref="ContinuationScorer"/>). Equal calls get equal bits with any number of threads.
/// </remarks>
public sealed class LocalModel : ILanguageModel, IDisposable
{
    readonly DecoderModel _model;
    readonly Tokenizer _tokenizer;
    readonly Lazy<ChatFormat?> _format; // a model without a chat template can still continue raw text
    readonly SemaphoreSlim _turn = new(1);
    ConversationCache? _conversation;
    ContextDecoder? _reader;
    bool _isDisposed;

    /// <summary>Creates a model with a chat format.</summary>
    /// <param name="name">As <see cref="ILanguageModel.Name"/>.</param>
    /// <param name="model">The weights; not shared during a call. Not disposed here.</param>
    /// <param name="format">How prompts and responses become tokens.</param>
    public LocalModel(string name, DecoderModel model, ChatFormat format)
        : this(name, model, format.Tokenizer, new Lazy<ChatFormat?>(format))
    {
    }

    /// <summary>Creates a model that may lack a chat format.</summary>
    internal LocalModel(string name, DecoderModel model, Tokenizer tokenizer, Lazy<ChatFormat?> format) =>
        (Name, _model, _tokenizer, _format) = (name, model, tokenizer, format);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int? ContextWindow => Reading is { } method ? method.WindowOf(_model.Config) : _model.Config.MaxPositionEmbeddings;

    /// <inheritdoc/>
    public ModelCapabilities Capabilities =>
        new() { AcceptsTokens = true, ScoresContinuations = true, ObservesHeads = Reading is null && Device is null, IsBatched = true };

    /// <summary>Changes how prompts are read; null for the model as it is. Set it between calls.</summary>
    /// <exception cref="InputException">The method cannot work with the model.</exception>
    public ReadingMethod? Reading
    {
        get;
        set
        {
            value?.Check(_model);
            _reader = value is null ? null : new(_model, value);
            field = value;
        }
    }

    /// <summary>Decodes and scores on a device; null for the engine of this program. Set it between calls.</summary>
    public ITokenDecoder? Device { get; set; }

    ChatFormat Format => _format.Value ?? throw new InputException(
        $"{Name} has no chat template; continue raw text, use an instruction-tuned model, "
            + "or put a chat_template.jinja into its directory.");

    /// <summary>Returns the token ids of a prompt.</summary>
    /// <exception cref="InputException">The model has no chat template, or the template refuses the conversation.</exception>
    public IReadOnlyList<int> Encode(Prompt prompt) => prompt switch
    {
        Prompt.Tokens tokens => tokens.Ids,
        Prompt.Chat { UsesTemplate: true } chat => Format.Conversation(chat.Turns, chat.AnswerPrefix),
        Prompt.Chat chat => EncodeRaw(chat.PlainText),
        Prompt.RawText raw => EncodeRaw(raw.Text),
        _ => throw new UnreachableException(),
    };

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Completion>> CompleteAsync(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken = default)
    {
        if (requests.Any(r => r.ScoresPrompt))
        {
            throw new InputException($"{nameof(CompletionRequest.ScoresPrompt)} needs a {nameof(ContinuousModel)}.");
        }
        CompletionDraft[] drafts = [.. requests.Select(Draft)];
        try
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return [.. drafts.Select(d => d.Read(0))];
        }
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return await Task.Run(() => Complete(requests, drafts, cancellationToken), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ChoiceLogProb[]>> ScoreAsync(
        IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return await Task.Run(() => Score(requests, cancellationToken), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Waits for the running call, then frees the kept conversation. Calls that still wait for their turn are refused.</summary>
    public void Dispose()
    {
        _turn.Wait(); // not disposed itself: it holds nothing native, and waiting calls still need it
        _isDisposed = true;
        _conversation?.Dispose();
        _conversation = null;
        _turn.Release();
    }

    Completion[] Complete(IReadOnlyList<CompletionRequest> requests, CompletionDraft[] drafts, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        Array.ForEach(Array.FindAll(drafts, d => d.MaxNewTokens == 0), d => d.EndWithoutTokens()); // decoding skips them
        try
        {
            IReadOnlyList<int>?[] positions = [.. requests.Select(r => (r.Prompt as Prompt.Tokens)?.Positions)];
            if (_reader is { } reader)
            {
                if (positions.Any(p => p is not null) || requests.Any(r => r.ObservesHeads))
                {
                    throw new InputException(
                        $"Context method {Reading!.Text}: positions of tokens and the observation of heads are not supported; "
                            + "leave them out.");
                }
                reader.Run(
                    [.. drafts.Select(d => d.Prompt)],
                    [.. drafts.Select(d => d.MaxNewTokens)],
                    (i, logits) => drafts[i].Take(logits),
                    cancel);
            }
            else if (Device is { } device)
            {
                if (requests.Any(r => r.ObservesHeads))
                {
                    throw new InputException("A device cannot observe attention heads; use the device cpu.");
                }
                device.Decode(
                    [.. drafts.Select(d => d.Prompt)],
                    [.. drafts.Select(d => d.MaxNewTokens)],
                    (i, logits) => drafts[i].Take(logits),
                    positions,
                    cancel);
            }
            else if (requests is [{ KeepsPrefix: true, ObservesHeads: false }] && positions[0] is null)
            {
                (_conversation ??= new(_model)).Continue(drafts[0], cancel);
            }
            else
            {
                bool isObserved = requests.Any(r => r.ObservesHeads);
                new PromptDecoder(_model) { Observer = isObserved ? (i, layer, found) => drafts[i].Observe(layer, found) : null }.Run(
                    [.. drafts.Select(d => d.Prompt)],
                    [.. drafts.Select(d => d.MaxNewTokens)],
                    (i, logits) => drafts[i].Take(logits),
                    positions,
                    cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            foreach (CompletionDraft draft in drafts)
            {
                draft.Cancel(); // the completions keep what was generated
            }
        }
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds / Math.Max(1, drafts.Length);
        return [.. drafts.Select(d => d.Read(seconds))];
    }

    IReadOnlyList<ChoiceLogProb[]> Score(IReadOnlyList<ChoiceRequest> requests, CancellationToken cancel)
    {
        ScoringRequest[] all =
            [.. requests.SelectMany(r => r.Continuations.Select(c => new ScoringRequest(r.Prompt, c) { Positions = r.Positions }))];
        Queue<ContinuationScore> scores = new(
            _reader?.Score(all, cancel) ?? Device?.Score(all, cancel) ?? new ContinuationScorer(_model).Score(all, cancel));
        return [.. requests.Select(r => r.Continuations.Select(_ => Sum(scores.Dequeue())).ToArray())];
    }

    static ChoiceLogProb Sum(ContinuationScore score) => new(score.LogProbs.Sum(p => (double)p), score.LogProbs.Count, score.IsGreedy);

    /// <summary>Creates the completion of a request, without tokens.</summary>
    /// <exception cref="InputException">The request cannot be answered.</exception>
    internal CompletionDraft Draft(CompletionRequest request)
    {
        request.Options.Check();
        IReadOnlyList<int> prompt = Encode(request.Prompt);
        int window = ContextWindow ?? int.MaxValue;
        int maxNewTokens =
            prompt.Count == 0 ? throw new InputException("The prompt is empty; give text to continue.")
            : request.Prompt is Prompt.Tokens ? request.Options.MaxNewTokens
            : prompt.Count < window ? Math.Min(request.Options.MaxNewTokens, window - prompt.Count)
            : throw new PromptTooLongException(prompt.Count, window);
        return new(request, prompt, maxNewTokens, _model.Config, FrameOf(request.Prompt));
    }

    /// <summary>Returns how an answer becomes text. Exact ids are expected to end where the chat
    /// format's response begins, if there is one.</summary>
    AnswerFrame FrameOf(Prompt prompt)
    {
        bool isChat = prompt is Prompt.Tokens { ContinuesText: false } or Prompt.Chat { UsesTemplate: true };
        ChatFormat? format = isChat ? _format.Value : null;
        int?[] stops =
        [
            .. _model.Config.EosTokenIds,
            prompt is Prompt.Tokens && format is not null ? null : _tokenizer.Eos,
            format?.Eos,
        ];
        return new(
            _tokenizer,
            [.. stops.OfType<int>().Distinct()],
            format?.ResponseLead ?? "",
            prompt is not Prompt.Tokens { ContinuesText: false } && format is null);
    }

    int[] EncodeRaw(string text) => [.. _tokenizer.Before, .. _tokenizer.Encode(text)];
}
