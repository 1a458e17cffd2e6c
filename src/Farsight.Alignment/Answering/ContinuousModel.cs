using System.Collections.Concurrent;
using Farsight.Engine;
using Farsight.Engine.Inference;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Answering;

/// <summary>Holds the limits of a <see cref="ContinuousModel"/>.</summary>
public sealed record ContinuousOptions
{
    /// <summary>Maximum bytes of keys and values; more only if a single sequence needs more.</summary>
    public long CacheBytes { get; init; } = PromptDecoder.DefaultCacheBytes;

    /// <summary>Format of keys and values: F32, BF16 or Q8_0. Fewer bits hold more tokens and change the logits.</summary>
    public NumberFormat CacheFormat { get; init; } = NumberFormat.F32;

    /// <summary>Maximum number of tokens of a prompt and its completion; null for the context window.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>
    /// Maximum number of prompt tokens that one pass reads. Running answers wait for it, and cancellation is checked after it.
    /// </summary>
    public int PrefillTokens { get; init; } = 256;

    /// <summary>Maximum number of sequences that are decoded together.</summary>
    public int MaxSequences { get; init; } = 64;
}

/// <summary>
/// Completes requests of all calls together: a request joins the running ones between two tokens, and begins with the longest beginning
/// that an earlier request has computed (<see cref="ContinuousBatch"/>).
/// </summary>
/// <remarks>
/// A request needs memory for its prompt and a few new tokens to begin. Where running answers have no memory left to grow, those that began
/// last wait until another has ended, and then continue; what is left of their tokens in the cache is not computed again.
/// Long prompts are read in parts, so that running answers go on meanwhile. Requests that are decoded together can change the last bits of
/// each other's logits, and so a token where two are equally likely within them. Prompts whose tokens are scored are computed alone and
/// whole, so their log-probabilities have the same bits each time.
/// </remarks>
public sealed class ContinuousModel : ILanguageModel, IDisposable
{
    // A request waits for a running prompt that will share this many more tokens with it.
    const int WorthWaiting = 16;

    // Several models of a process use all cores in turn.
    static readonly Lock s_turn = new();

    readonly LocalModel _local;
    readonly ContinuousBatch _batch;
    readonly ContinuousOptions _options;
    readonly Lock _arrival = new();
    readonly ConcurrentQueue<CompletionJob> _arrived = new();
    readonly List<CompletionJob> _waiting = [], _running = [];
    readonly SemaphoreSlim _wake = new(0);
    readonly Thread _thread;
    volatile bool _isDisposed;
    bool _wasScoring;
    bool _isFull; // running answers took the memory of another

    /// <summary>Allocates the cache and starts the thread that computes.</summary>
    /// <param name="model">The model; not disposed here, and not to be used otherwise before this is disposed.</param>
    /// <param name="options">Limits.</param>
    public ContinuousModel(LoadedModel model, ContinuousOptions options)
    {
        (_local, _options) = (model.LanguageModel, options);
        int window = options.MaxTokens ?? model.Model.Config.MaxPositionEmbeddings;
        long rows = options.CacheBytes / ContinuousBatch.BytesPerToken(model.Model.Config, options.CacheFormat);
        _batch = new(model.Model, (int)Math.Clamp(rows, window, (long)options.MaxSequences * window), options.CacheFormat);
        _thread = new(Loop) { IsBackground = true, Name = "answers" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public string Name => _local.Name;

    /// <inheritdoc/>
    public int? ContextWindow => _options.MaxTokens ?? _local.ContextWindow;

    /// <inheritdoc/>
    public ModelCapabilities Capabilities => _local.Capabilities with
    {
        ScoresContinuations = false,
        Concurrency = _options.MaxSequences,
    };

    /// <summary>Maximum number of tokens in the cache.</summary>
    public int CacheTokens => _batch.Capacity;

    /// <summary>Number of tokens in the cache.</summary>
    public int CacheTokensInUse => _batch.Capacity - _batch.FreeRows;

    /// <inheritdoc/>
    /// <remarks>A cancelled request ends before the next pass.</remarks>
    /// <exception cref="InputException">A request has no prompt, or scores its prompt and observes heads.</exception>
    public async Task<IReadOnlyList<Completion>> CompleteAsync(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken = default)
    {
        if (requests.Any(r => r is { ScoresPrompt: true, ObservesHeads: true }))
        {
            throw new InputException("The tokens of a prompt cannot be scored while heads are observed; send two requests.");
        }
        using CancellationTokenSource call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CompletionJob[] jobs = [.. requests.Select(r => new CompletionJob(_local.Draft(r), call.Token))];
        lock (_arrival) // what arrives before the end is cancelled by the thread; nothing arrives after it
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            Array.ForEach(jobs, _arrived.Enqueue);
        }
        using CancellationTokenRegistration wakes = call.Token.Register(() => _wake.Release());
        _wake.Release();
        try
        {
            return await Task.WhenAll(jobs.Select(j => EndOthersOnFailure(j.Completion, call))).ConfigureAwait(false);
        }
        finally
        {
            await Task.WhenAll(jobs.Select(j => (Task)j.Completion)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ChoiceLogProb[]>> ScoreAsync(
        IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"{Name} is served; ask for the log-probabilities of a prompt instead.");

    /// <summary>Cancels the requests in progress, and frees the cache.</summary>
    public void Dispose()
    {
        lock (_arrival)
        {
            if (_isDisposed)
            {
                return;
            }
            _isDisposed = true;
        }
        _wake.Release();
        _thread.Join();
        _batch.Dispose();
    }

    static async Task<Completion> EndOthersOnFailure(Task<Completion> completion, CancellationTokenSource call)
    {
        try
        {
            return await completion.ConfigureAwait(false);
        }
        catch
        {
            await call.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    void Loop()
    {
        while (!_isDisposed)
        {
            TakeArrived();
            try
            {
                EndCancelled(_ => false);
                Admit();
                Grow();
                if (_running.Count > 0)
                {
                    Step();
                    continue;
                }
            }
            catch (Exception e) // the thread serves all later requests
            {
                foreach (CompletionJob job in (CompletionJob[])[.. _waiting, .. _running])
                {
                    job.Fail(e);
                    Finish(job);
                }
            }
            _wake.Wait();
        }
        TakeArrived();
        EndCancelled(_ => true);
    }

    void TakeArrived()
    {
        while (_arrived.TryDequeue(out CompletionJob? arrived))
        {
            _waiting.Add(arrived);
        }
    }

    void EndCancelled(Func<CompletionJob, bool> ends)
    {
        CompletionJob[] ending = [.. _waiting.Concat(_running).Where(j => j.Cancel.IsCancellationRequested || ends(j))];
        foreach (CompletionJob job in ending)
        {
            job.Try(job.Draft.Cancel);
            Finish(job);
        }
    }

    /// <summary>Opens waiting sequences in the order of their arrival, as long as the cache has room.</summary>
    void Admit()
    {
        foreach (CompletionJob job in _waiting.ToArray())
        {
            if (_running.Count >= _options.MaxSequences || (_isFull && _running.Count > 0))
            {
                return;
            }
            CompletionDraft draft = job.Draft;
            bool scores = job.ScoresPromptNow;
            if (draft.MaxNewTokens == 0 && !scores)
            {
                job.Try(draft.EndWithoutTokens);
                Finish(job);
            }
            else if (scores || _running.Count == 0 || _batch.ExpectedGain(job.Text) < WorthWaiting)
            {
                try
                {
                    job.Open(_batch.TryOpen(job.Text, draft.MaxNewTokens - draft.Tokens.Count, reuses: !scores));
                }
                catch (ArgumentException e)
                {
                    job.Fail(e);
                    Finish(job);
                    continue;
                }
                if (job.Branch is null)
                {
                    return; // a smaller one behind it does not overtake it
                }
                _waiting.Remove(job);
                _running.Add(job);
            }
        }
    }

    /// <summary>Gets memory for the next tokens. Where there is none, the answers that began last wait until another has ended.</summary>
    void Grow()
    {
        foreach (CompletionJob job in _running.FindAll(j => !j.ScoresPromptNow)) // a prompt has its memory
        {
            while (job.Branch is { } branch && !_batch.TryGrow(branch))
            {
                Pause(_running.FindLast(j => !j.ScoresPromptNow)!);
            }
        }
    }

    void Pause(CompletionJob job)
    {
        Close(job);
        _running.Remove(job);
        _waiting.Insert(0, job);
        _isFull = true;
    }

    void Step()
    {
        CompletionJob? scoring = _running.Find(j => j.ScoresPromptNow);
        bool isAlone = scoring is not null && (!_wasScoring || _running.TrueForAll(j => j.ScoresPromptNow));
        _wasScoring = isAlone;
        List<CompletionJob> part = isAlone ? [scoring!] : _running.FindAll(j => !j.ScoresPromptNow);
        List<BranchWork> work = [];
        int left = _options.PrefillTokens;
        foreach (CompletionJob job in part)
        {
            int remaining = job.Branch!.Remaining;
            bool decodes = job.HasPrompt && remaining == 1;
            int count = decodes ? 1 : Math.Min(remaining, left);
            if (count > 0)
            {
                left -= decodes ? 0 : count;
                work.Add(new(job.Branch, count, isAlone));
            }
        }
        Dictionary<SequenceBranch, CompletionJob> jobOf = part.ToDictionary(j => j.Branch!);
        try
        {
            lock (s_turn)
            {
                _batch.Step(
                    work,
                    (branch, token, logits) => Take(jobOf[branch], token, logits),
                    part.Exists(j => j.Draft.Request.ObservesHeads)
                        ? (i, layer, peaks) => jobOf[work[i].Branch].Draft.Observe(layer, peaks)
                        : null);
            }
        }
        catch (Exception e) // of the whole pass, such as exhausted memory: its requests fail, and others go on
        {
            part.ForEach(j => j.Fail(e));
        }
        foreach (CompletionJob job in part)
        {
            job.ReportProgress();
            if (job.HasEnded)
            {
                Finish(job);
            }
        }
    }

    /// <summary>Scores the prompt's next token or chooses a new one. An exception ends this request only.</summary>
    static void Take(CompletionJob job, int token, ReadOnlySpan<float> logits)
    {
        CompletionDraft draft = job.Draft;
        if (job.HasEnded)
        {
            return;
        }
        try
        {
            if (job.ScoresPromptNow && token < draft.Prompt.Count - 1)
            {
                draft.ScorePrompt(token + 1, logits); // nothing is shared, so own tokens are the prompt's
                return;
            }
            job.EndPrompt();
            if (draft.MaxNewTokens == 0)
            {
                draft.EndWithoutTokens();
            }
            else if (draft.Take(logits) is { } next)
            {
                job.Branch!.Append(next);
            }
        }
        catch (Exception e)
        {
            job.Fail(e);
        }
    }

    void Finish(CompletionJob job)
    {
        _waiting.Remove(job);
        _isFull &= !_running.Remove(job);
        Close(job);
        job.End();
    }

    void Close(CompletionJob job)
    {
        if (job.Branch is { } branch)
        {
            _batch.Close(branch, keeps: !job.Draft.Request.ScoresPrompt && !job.HasFailed);
            job.Branch = null;
        }
    }
}
