using System.Diagnostics;
using Farsight.Alignment.Answering;

namespace Farsight.Evaluation.Core.Answering;

/// <summary>Compares the choices of examples.</summary>
/// <param name="model">Gives log-probabilities.</param>
/// <param name="task">Of the examples.</param>
sealed class ChoiceJudge(IEvalModel model, IChoiceTask task)
{
    /// <summary>What came of the examples, in their order. Where they cannot be computed together, each is by itself.</summary>
    internal IEnumerable<Judged> Judge(IReadOnlyList<Asked> asked, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        IReadOnlyList<ChoiceLogProb[]> all;
        try
        {
            all = model.Choose([.. asked.SelectMany(a => a.Requests)], cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && e is not Engine.InputException)
        {
            return asked.Count == 1 ? [Judged.Failure($"{e.GetType().Name}: {e.Message}")] : asked.SelectMany(a => Judge([a], cancel));
        }
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds / asked.Count;
        int from = 0;
        return
        [
            .. asked.Select(a =>
            {
                ChoiceLogProb[] own = [.. all.Skip(from).Take(a.Requests.Count).SelectMany(c => c)];
                from += a.Requests.Count;
                return new Judged(task.Score(a.Example, own)) { Choices = own, Seconds = seconds };
            }),
        ];
    }
}
