using System.Net;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Engine;

namespace Farsight.Evaluation.Core.Answering;

/// <summary>Sends requests to a model and yields the completions in their order, each as soon
/// as it and those before it are complete.</summary>
/// <remarks>
/// A request that a model or an endpoint refuses is a failure of its example. With one call per request, a refusal that all requests would
/// meet (a wrong key, an unknown model, no connection) stops the evaluation, which can be resumed. So do <see cref="FailuresInARow"/>
/// consecutive failures that have another cause than the request itself. Any other exception is a bug and is not caught.
/// </remarks>
sealed class ModelCalls(ILanguageModel model)
{
    /// <summary>Number of consecutive failures that stop the evaluation.</summary>
    internal const int FailuresInARow = 10;

    int _failures;

    /// <summary>Sends requests; a batch in one call, else one call per request, side by side.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal IEnumerable<(Completion? Completion, Exception? Failure)> Send(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancel) =>
        model.Capabilities.IsBatched ? SendTogether(requests, cancel) : SendUntilHopeless(requests, cancel);

    /// <summary>Sends one call per request, side by side. A reader that stops early cancels the rest.</summary>
    IEnumerable<(Completion? Completion, Exception? Failure)> SendEach(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancel)
    {
        using CancellationTokenSource abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<IReadOnlyList<Completion>>[] calls =
            [.. requests.Select(r => Task.Run(() => model.CompleteAsync([r], abandoned.Token), CancellationToken.None))];
        try
        {
            foreach (Task<IReadOnlyList<Completion>> call in calls)
            {
                (IReadOnlyList<Completion>? completions, Exception? failure) = Result(() => call, cancel);
                yield return (completions?[0], failure);
            }
        }
        finally
        {
            abandoned.Cancel();
            Task.WhenAll(calls)
                .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
                .Wait(CancellationToken.None);
        }
    }

    /// <summary>Sends all requests in one call; if it fails, each by itself, so that one request does not fail the others.</summary>
    IEnumerable<(Completion? Completion, Exception? Failure)> SendTogether(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancel)
    {
        (IReadOnlyList<Completion>? completions, Exception? failure) = Result(() => model.CompleteAsync(requests, cancel), cancel);
        return completions is not null ? completions.Select(c => ((Completion?)c, (Exception?)null))
            : requests.Count == 1 ? [(null, failure)]
            : requests.SelectMany(r => SendTogether([r], cancel));
    }

    /// <summary>Sends one call per request, side by side, until the failures show that the other requests would fail too.</summary>
    /// <exception cref="InputException">The failures stop the evaluation.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal IEnumerable<(Completion? Completion, Exception? Failure)> SendUntilHopeless(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancel)
    {
        foreach ((Completion? completion, Exception? failure) in SendEach(requests, cancel))
        {
            _failures = IsForOne(failure) ? 0 : _failures + 1;
            if (failure is not null && (IsForAll(failure) || _failures >= FailuresInARow))
            {
                _failures = 0; // a resumed evaluation counts from 0
                throw failure is InputException
                    ? failure
                    : new InputException($"{model.Name} failed {FailuresInARow} times in a row; last error: {failure.Message}", failure);
            }
            yield return (completion, failure);
        }
    }

    // The thread is that of the evaluation or one of its own for each group (TaskRun), so no thread of the pool is blocked by waiting,
    // and no synchronization context waits for this thread.
    static (IReadOnlyList<Completion>? Completions, Exception? Failure) Result(
        Func<Task<IReadOnlyList<Completion>>> call, CancellationToken cancel)
    {
        try
        {
            IReadOnlyList<Completion> completions = call().GetAwaiter().GetResult();
            return completions.Any(c => c.FinishReason == FinishReason.Cancelled)
                ? throw new OperationCanceledException(cancel)
                : (completions, null);
        }
        catch (Exception e) when (e is InputException or HttpRequestException)
        {
            return (null, e);
        }
    }

    static bool IsForOne(Exception? failure) =>
        failure is null or PromptTooLongException or UnusableAnswerException
        || (failure is EndpointException { Refusal: { } status } && IsForOne(status));

    static bool IsForAll(Exception failure) =>
        failure is EndpointException { IsUnreachable: true }
        || (failure is EndpointException { Refusal: { } status } && !IsForOne(status));

    /// <summary>Returns whether a status refuses one request, such as a prompt beyond the server's window, and not every request.</summary>
    static bool IsForOne(HttpStatusCode status) =>
        status is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity;
}
