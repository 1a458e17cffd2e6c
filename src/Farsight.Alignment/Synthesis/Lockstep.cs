namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Runs the samples of a group side by side: when each of them waits for answers or is done, all that they ask is answered in one batch.
/// </summary>
/// <remarks>What is in a batch, and in which order, follows from the samples alone and not from which of them was quicker.</remarks>
static class Lockstep
{
    /// <summary>[count] what each work returned.</summary>
    /// <param name="count">Works.</param>
    /// <param name="work">Does one, by its number; it awaits each ask before the next.</param>
    /// <param name="answer">Answers a batch.</param>
    internal static async Task<IReadOnlyList<T>> Run<T>(int count, Func<int, AskModel, Task<T>> work, AskModel answer)
    {
        Seat[] seats = [.. Enumerable.Range(0, count).Select(_ => new Seat())];
        Task<T>[] works = [.. seats.Select((seat, i) => Task.Run(() => work(i, seat.Ask)))];
        while (true)
        {
            List<Turn> turns = [];
            for (int i = 0; i < count; i++)
            {
                turns.AddRange(await seats[i].Next(works[i]).ConfigureAwait(false) is { } turn ? [turn] : []);
            }
            if (turns.Count == 0)
            {
                return await Task.WhenAll(works).ConfigureAwait(false);
            }
            IReadOnlyList<string?> answers = await answer([.. turns.SelectMany(t => t.Asks)]).ConfigureAwait(false);
            int taken = 0;
            foreach (Turn turn in turns)
            {
                turn.Answers.SetResult([.. answers.Skip(taken).Take(turn.Asks.Count)]);
                taken += turn.Asks.Count;
            }
        }
    }

    /// <summary>Asks that wait for their answers.</summary>
    sealed record Turn(IReadOnlyList<ModelAsk> Asks)
    {
        internal TaskCompletionSource<IReadOnlyList<string?>> Answers { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Where one work waits.</summary>
    sealed class Seat
    {
        volatile TaskCompletionSource<Turn> _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<IReadOnlyList<string?>> Ask(IReadOnlyList<ModelAsk> asks)
        {
            Turn turn = new(asks);
            _arrived.SetResult(turn);
            return turn.Answers.Task;
        }

        /// <summary>What it asks next; null when it is done.</summary>
        internal async Task<Turn?> Next(Task work)
        {
            if (await Task.WhenAny(_arrived.Task, work).ConfigureAwait(false) == work)
            {
                await work.ConfigureAwait(false); // a failure ends the group
                return null;
            }
            Turn turn = await _arrived.Task.ConfigureAwait(false);
            _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return turn;
        }
    }
}
