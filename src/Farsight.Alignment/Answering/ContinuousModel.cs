using System.Collections.Concurrent;
using System.Diagnostics;
using Farsight.Engine.Inference;

namespace Farsight.Alignment.Answering;

/// <summary>Holds the limits of a <see cref="ContinuousModel"/>.</summary>
public sealed record ContinuousOptions
{
    /// <summary>Maximum bytes of keys and values; more only if a single sequence needs more.</summary>
    public long CacheBytes { get; init; } = PromptDecoder.DefaultCacheBytes;

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
    readonly ConcurrentQueue<Job> _arrived = new();
    readonly List<Job> _waiting = [], _running = [];
    readonly SemaphoreSlim _wake = new(0);
    readonly Thread _thread;
    volatile bool _isDisposed;
    bool _wasScoring;

    /// <summary>Allocates the cache and starts the thread that computes.</summary>
    /// <param name="model">The model; not disposed here, and not to be used otherwise before this is disposed.</param>
    /// <param name="options">Limits.</param>
    public ContinuousModel(LoadedModel model, ContinuousOptions options)
    {
        (_local, _options) = (model.LanguageModel, options);
        int window = options.MaxTokens ?? model.Model.Config.MaxPositionEmbeddings;
        long rows = options.CacheBytes / DecodingBatch.BytesPerToken(model.Model.Config);
        _batch = new(model.Model, (int)Math.Clamp(rows, window, (long)options.MaxSequences * window));
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
        ObservesHeads = false,
        Concurrency = _options.MaxSequences,
    };

    /// <summary>Maximum number of tokens in the cache.</summary>
    public int CacheTokens => _batch.Capacity;

    /// <summary>Number of tokens in the cache.</summary>
    public int CacheTokensInUse => _batch.Capacity - _batch.FreeRows;

    /// <inheritdoc/>
    /// <remarks>A cancelled request ends before the next pass.</remarks>
    public async Task<IReadOnlyList<Completion>> CompleteAsync(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Job[] jobs = [.. requests.Select(r => new Job(_local.Draft(r), call.Token))];
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
                if (_running.Count > 0)
                {
                    Step();
                    continue;
                }
            }
            catch (Exception e) // the thread serves all later requests
            {
                foreach (Job job in (Job[])[.. _waiting, .. _running])
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
        while (_arrived.TryDequeue(out Job? arrived))
        {
            _waiting.Add(arrived);
        }
    }

    void EndCancelled(Func<Job, bool> ends)
    {
        foreach (Job job in (Job[])[.. _waiting.Concat(_running).Where(j => j.Cancel.IsCancellationRequested || ends(j))])
        {
            job.Try(job.Draft.Cancel);
            Finish(job);
        }
    }

    /// <summary>Opens waiting sequences in the order of their arrival, as long as the cache has room.</summary>
    void Admit()
    {
        foreach (Job job in _waiting.ToArray())
        {
            if (_running.Count >= _options.MaxSequences)
            {
                return;
            }
            CompletionDraft draft = job.Draft;
            bool scores = draft.Request.ScoresPrompt;
            if (draft.MaxNewTokens == 0 && !scores)
            {
                job.Try(draft.EndWithoutTokens);
                Finish(job);
            }
            else if (scores || _running.Count == 0 || _batch.ExpectedGain(draft.Prompt) < WorthWaiting)
            {
                try
                {
                    job.Branch = _batch.TryOpen(draft.Prompt, draft.MaxNewTokens, reuses: !scores);
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

    void Step()
    {
        Job? scoring = _running.Find(j => j.ScoresPromptNow);
        bool isAlone = scoring is not null && (!_wasScoring || _running.TrueForAll(j => j.ScoresPromptNow));
        _wasScoring = isAlone;
        List<Job> part = isAlone ? [scoring!] : _running.FindAll(j => !j.ScoresPromptNow);
        List<BranchWork> work = [];
        int left = _options.PrefillTokens;
        foreach (Job job in part)
        {
            int remaining = job.Branch!.Remaining;
            int count = job.HasPrompt ? remaining : Math.Min(remaining, left);
            if (count > 0)
            {
                left -= job.HasPrompt ? 0 : count;
                work.Add(new(job.Branch, count, isAlone));
            }
        }
        Dictionary<SequenceBranch, Job> jobOf = part.ToDictionary(j => j.Branch!);
        try
        {
            lock (s_turn)
            {
                _batch.Step(work, (branch, token, logits) => Take(jobOf[branch], token, logits));
            }
        }
        catch (Exception e) // of the whole pass, such as exhausted memory: its requests fail, and others go on
        {
            part.ForEach(j => j.Fail(e));
        }
        foreach (Job job in part)
        {
            job.ReportProgress();
            if (job.HasEnded)
            {
                Finish(job);
            }
        }
    }

    /// <summary>Scores the prompt's next token or chooses a new one. An exception ends this request only.</summary>
    static void Take(Job job, int token, ReadOnlySpan<float> logits)
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
            job.HasPrompt = true;
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

    void Finish(Job job)
    {
        _waiting.Remove(job);
        _running.Remove(job);
        if (job.Branch is { } branch)
        {
            _batch.Close(branch, keeps: !job.Draft.Request.ScoresPrompt && !job.HasFailed);
        }
        job.End();
    }

    /// <summary>Represents a request in progress.</summary>
    sealed class Job(CompletionDraft draft, CancellationToken cancel)
    {
        readonly TaskCompletionSource<Completion> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly long _started = Stopwatch.GetTimestamp();
        Exception? _failure;
        int _reported;

        internal CompletionDraft Draft => draft;

        internal CancellationToken Cancel => cancel;

        internal Task<Completion> Completion => _completion.Task;

        /// <summary>The sequence in the cache; null while the request waits.</summary>
        internal SequenceBranch? Branch { get; set; }

        /// <summary>Whether the whole prompt is computed.</summary>
        internal bool HasPrompt { get; set; }

        internal bool ScoresPromptNow => draft.Request.ScoresPrompt && !HasPrompt;

        internal bool HasFailed => _failure is not null;

        internal bool HasEnded => HasFailed || draft.HasEnded;

        internal void Fail(Exception failure) => _failure ??= failure;

        internal void Try(Action action)
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                Fail(e);
            }
        }

        internal void ReportProgress()
        {
            int done = draft.Prompt.Count - (HasPrompt ? 0 : Branch!.Remaining);
            if (draft.Request.OnPromptProgress is { } report && done > _reported)
            {
                _reported = done;
                Try(() => report(done));
            }
        }

        internal void End()
        {
            if (_failure is not null)
            {
                _completion.TrySetException(_failure);
                return;
            }
            double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
            _completion.TrySetResult(draft.Read(seconds) with { CachedTokens = Branch?.CachedTokens ?? 0 });
        }
    }
}
