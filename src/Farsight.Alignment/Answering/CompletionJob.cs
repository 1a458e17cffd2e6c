using System.Diagnostics;
using Farsight.Engine.Inference;

namespace Farsight.Alignment.Answering;

/// <summary>Represents a request to a <see cref="ContinuousModel"/> in progress.</summary>
sealed class CompletionJob(CompletionDraft draft, CancellationToken cancel)
{
    readonly TaskCompletionSource<Completion> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly long _started = Stopwatch.GetTimestamp();
    double? _queueSeconds, _firstTokenSeconds;
    Exception? _failure;
    int _cached, _reported;

    internal CompletionDraft Draft => draft;

    internal CancellationToken Cancel => cancel;

    internal Task<Completion> Completion => _completion.Task;

    /// <summary>The sequence in the cache; null while the request waits.</summary>
    internal SequenceBranch? Branch { get; set; }

    /// <summary>Tokens of the prompt and the answer so far.</summary>
    internal IReadOnlyList<int> Text => draft.Tokens.Count == 0 ? draft.Prompt : [.. draft.Prompt, .. draft.Tokens];

    /// <summary>Whether the whole prompt was computed.</summary>
    internal bool HasPrompt { get; private set; }

    internal bool ScoresPromptNow => draft.Request.ScoresPrompt && !HasPrompt;

    internal bool HasFailed => _failure is not null;

    internal bool HasEnded => HasFailed || draft.HasEnded;

    /// <summary>Begins or continues with a sequence of the cache; null if the cache has no room yet.</summary>
    internal void Open(SequenceBranch? branch)
    {
        Branch = branch;
        if (branch is not null && _queueSeconds is null)
        {
            (_queueSeconds, _cached) = (Seconds, branch.CachedTokens);
        }
    }

    internal void EndPrompt()
    {
        HasPrompt = true;
        _firstTokenSeconds ??= Seconds;
    }

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
        _completion.TrySetResult(draft.Read(Seconds) with
        {
            CachedTokens = _cached,
            QueueSeconds = _queueSeconds,
            FirstTokenSeconds = _firstTokenSeconds,
        });
    }

    double Seconds => Stopwatch.GetElapsedTime(_started).TotalSeconds;
}
