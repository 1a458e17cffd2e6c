namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Runs the samples of a group side by side: once each of them waits for answers or is finished, all pending requests form one batch.
/// </summary>
/// <remarks>The content and the order of a batch depend on the samples alone, not on their timing.</remarks>
static class SampleBatching
{
    /// <summary>[count] Runs all works and returns their results.</summary>
    /// <param name="count">Number of works.</param>
    /// <param name="work">Runs one work, by its index; it awaits each request before the next.</param>
    /// <param name="answer">Answers a batch.</param>
    internal static async Task<IReadOnlyList<T>> Run<T>(int count, Func<int, AskModel, Task<T>> work, AskModel answer)
    {
        WorkChannel[] channels = [.. Enumerable.Range(0, count).Select(_ => new WorkChannel())];
        Task<T>[] works = [.. channels.Select((channel, i) => Task.Run(() => work(i, channel.Ask)))];
        while (true)
        {
            List<PendingRequests> turns = [];
            for (int i = 0; i < count; i++)
            {
                turns.AddRange(await channels[i].Next(works[i]).ConfigureAwait(false) is { } turn ? [turn] : []);
            }
            if (turns.Count == 0)
            {
                return await Task.WhenAll(works).ConfigureAwait(false);
            }
            IReadOnlyList<string?> answers = await answer([.. turns.SelectMany(t => t.Asks)]).ConfigureAwait(false);
            int taken = 0;
            foreach (PendingRequests turn in turns)
            {
                turn.Answers.SetResult([.. answers.Skip(taken).Take(turn.Asks.Count)]);
                taken += turn.Asks.Count;
            }
        }
    }

    /// <summary>Represents requests that wait for their answers.</summary>
    sealed record PendingRequests(IReadOnlyList<ResponseRequest> Asks)
    {
        internal TaskCompletionSource<IReadOnlyList<string?>> Answers { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Connects one work with the batches.</summary>
    sealed class WorkChannel
    {
        volatile TaskCompletionSource<PendingRequests> _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<IReadOnlyList<string?>> Ask(IReadOnlyList<ResponseRequest> asks)
        {
            PendingRequests turn = new(asks);
            _arrived.SetResult(turn);
            return turn.Answers.Task;
        }

        /// <summary>Waits for the next requests; null if the work is finished.</summary>
        internal async Task<PendingRequests?> Next(Task work)
        {
            if (await Task.WhenAny(_arrived.Task, work).ConfigureAwait(false) == work)
            {
                await work.ConfigureAwait(false); // a failure ends the group
                return null;
            }
            PendingRequests turn = await _arrived.Task.ConfigureAwait(false);
            _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return turn;
        }
    }
}
