namespace Farsight.Evaluation.Core.Answering;

/// <summary>Requests that run side by side and are read one after the other.</summary>
static class ChatRequests
{
    /// <summary>Starts all requests and yields their results in order, each as soon as it is there. What fails is yielded, too.</summary>
    /// <exception cref="OperationCanceledException">Asked to stop. Who stops reading stops the rest as well.</exception>
    internal static IEnumerable<(TAnswer? Answer, Exception? Failure)> InOrder<TAsk, TAnswer>(
        IReadOnlyList<TAsk> asks, Func<TAsk, CancellationToken, Task<TAnswer>> ask, CancellationToken cancel)
        where TAnswer : class
    {
        using CancellationTokenSource left = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<TAnswer>[] tasks = [.. asks.Select(a => Task.Run(() => ask(a, left.Token), left.Token))];
        try
        {
            foreach (Task<TAnswer> task in tasks)
            {
                yield return Result(task, cancel);
            }
        }
        finally
        {
            left.Cancel();
            Task.WhenAll(tasks)
                .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
                .Wait(CancellationToken.None);
        }
    }

    static (TAnswer? Answer, Exception? Failure) Result<TAnswer>(Task<TAnswer> task, CancellationToken cancel)
        where TAnswer : class
    {
        try
        {
            return (task.GetAwaiter().GetResult(), null);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            return (null, e);
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancel);
        }
    }
}
