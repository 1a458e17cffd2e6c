using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Processes the groups of a shard, several at a time if the responder allows it, and writes the samples in order.
/// </summary>
/// <param name="journal">Counts and keeps the samples.</param>
/// <param name="groups">Numbers of the samples, by group.</param>
/// <param name="maker">Makes a sample.</param>
/// <param name="responder">Answers the requests of a group.</param>
/// <param name="report">Receives the counts after every group, with 0, and during a group of a model that takes one group at a time,
/// with the number of responses to it so far.</param>
sealed class SynthesisWork(
    SynthesisJournal journal, IReadOnlyList<int[]> groups, SampleMaker maker, Responder responder, Action<SynthesisCounts, int> report)
{
    const int HopelessAfter = 32; // sample numbers given up before the first sample

    readonly Queue<Task<IReadOnlyList<IReadOnlyList<SampleOutcome>>>> _running = new();

    int _responses; // to the current group

    /// <summary>Continues after the groups that the journal counts; stops early if no group gives a sample.</summary>
    /// <exception cref="OperationCanceledException">The run was cancelled; finished groups are in the journal.</exception>
    internal void Run(CancellationToken cancel)
    {
        report(journal.Counts, 0);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        // A group of the local model is finished, including the requests to its judge, because it is soon done.
        CancellationToken giveUp = responder.IsLocal ? CancellationToken.None : stop.Token;
        try
        {
            foreach (int[] group in Left())
            {
                if (cancel.IsCancellationRequested && responder.IsLocal)
                {
                    WriteRest();
                }
                cancel.ThrowIfCancellationRequested();
                _running.Enqueue(Task.Run(() => Make(group, giveUp), CancellationToken.None));
                if (_running.Count == responder.GroupsAtOnce && !WriteFinished())
                {
                    return; // a success among the groups in progress would make the file look complete
                }
            }
            WriteRest();
        }
        finally
        {
            stop.Cancel(); // after a failure, the other groups are abandoned
            Task.WhenAll(_running).ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    /// <summary>Returns the remaining groups. Groups are written whole, so the finished numbers are whole groups.</summary>
    IEnumerable<int[]> Left()
    {
        int done = journal.Counts.Numbers;
        foreach (int[] group in groups)
        {
            if (done <= 0)
            {
                yield return group;
            }
            done -= group.Length;
        }
    }

    Task<IReadOnlyList<IReadOnlyList<SampleOutcome>>> Make(int[] group, CancellationToken cancel) =>
        SampleBatching.Run(group.Length, (i, ask) => maker.Make(group[i], ask, cancel), asks => Answer(asks, cancel));

    async Task<IReadOnlyList<string?>> Answer(IReadOnlyList<ResponseRequest> asks, CancellationToken cancel)
    {
        IReadOnlyList<string?> answers = await responder.Answer(asks, cancel).ConfigureAwait(false);
        if (responder.GroupsAtOnce == 1) // a group of the local model takes long enough to be watched
        {
            _responses += answers.Count;
            report(journal.Counts, _responses);
        }
        return answers;
    }

    /// <summary>Waits for all groups in progress and writes them, in order.</summary>
    void WriteRest()
    {
        while (_running.Count > 0 && WriteFinished())
        {
        }
    }

    /// <summary>Waits for the first group and writes it, together with the finished groups after it, in order.</summary>
    /// <returns>False if too many sample numbers failed before the first sample; no later group is written then.</returns>
    bool WriteFinished()
    {
        SynthesisCounts counts = journal.Counts;
        List<PreferenceSample> made = [];
        do
        {
            foreach (IReadOnlyList<SampleOutcome> tries in _running.Peek().GetAwaiter().GetResult())
            {
                counts = counts.With(tries);
                made.AddRange(tries[^1].Sample is { } sample ? [AsSent(sample)] : []);
            }
            _running.Dequeue();
        }
        while (!IsHopeless(counts)
            && _running.TryPeek(out Task<IReadOnlyList<IReadOnlyList<SampleOutcome>>>? next) && next.IsCompletedSuccessfully);
        journal.Append(made, counts);
        _responses = 0;
        report(counts, 0);
        return !IsHopeless(counts);
    }

    /// <summary>Adds to a sample which of its generator's settings the server rejected, so that requests were sent without them.</summary>
    PreferenceSample AsSent(PreferenceSample sample) =>
        sample.Provenance.Generator is { } generator && responder.OmittedOptions is { } omitted
            ? sample with { Provenance = sample.Provenance with { Generator = generator with { Omitted = omitted } } }
            : sample;

    static bool IsHopeless(SynthesisCounts counts) => counts is { Written: 0, GivenUp: >= HopelessAfter };
}
