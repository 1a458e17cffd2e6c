using System.Text.Json;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Training;

/// <summary>Keeps what a run samples before some steps in files, so that a resumed run reads it back and gives the same bytes.</summary>
/// <remarks>A file is written whole before anything of it is used: step-000050.jsonl, one line per sample. Of several ranks, the first
/// has the files, and the others receive their text.</remarks>
/// <typeparam name="TLine">The line for a sample of the dataset.</typeparam>
/// <param name="folder">Folder of the files, on rank 0.</param>
/// <param name="first">The first step before which something is sampled.</param>
/// <param name="every">Steps between samplings.</param>
/// <param name="idOf">Returns the id of the sample that a line belongs to.</param>
/// <param name="ranks">All ranks of the run.</param>
sealed class StepFiles<TLine>(string folder, int first, int every, Func<TLine, string> idOf, Communicator ranks)
{
    int _next; // the next step before which something is sampled; 0 before the first call

    /// <summary>Whether a file replaces those before it, so that a resumed run needs only the newest.</summary>
    internal bool OnlyNewest { get; init; }

    /// <summary>Samples if that is due before a step, after it has read what was sampled before earlier steps.</summary>
    /// <param name="step">The step.</param>
    /// <param name="steps">Steps of the whole run.</param>
    /// <param name="samplesOf">Returns the samples of some steps, by the first step and their number, with their positions.</param>
    /// <param name="sample">
    /// Samples for the samples of the steps up to the next sampling, before a step. All ranks call it, and the result of rank 0 counts.
    /// </param>
    /// <param name="use">Receives what was sampled or read, and the step before which it was.</param>
    /// <exception cref="InputException">A file is missing, damaged or of other samples.</exception>
    internal void Prepare(
        int step, int steps, Func<int, int, IEnumerable<(SampleTokens Sample, PromptPositions Positions)>> samplesOf,
        Func<int, (SampleTokens Sample, PromptPositions Positions)[], IEnumerable<TLine>> sample,
        Action<int, IReadOnlyList<(TLine Line, SampleTokens Sample)>> use)
    {
        _next = Math.Max(_next, OnlyNewest && step >= first ? step - (step - first) % every : first);
        for (; _next <= step; _next += every)
        {
            (SampleTokens Sample, PromptPositions Positions)[] next =
                [.. samplesOf(_next, Math.Min(every, steps - _next + 1)).DistinctBy(s => s.Sample.Id)];
            string file = Path.Combine(folder, FormattableString.Invariant($"step-{_next:D6}.jsonl"));
            if (ranks.Any(ranks.IsFirst && !File.Exists(file)))
            {
                IEnumerable<TLine> made = _next == step
                    ? sample(step, next)
                    : throw new InputException($"{file} is missing, and the steps after it need it; start a new run.");
                if (ranks.IsFirst)
                {
                    AtomicFile.WriteText(file, string.Concat(made.Select(l => JsonSerializer.Serialize(l, StrictJson.SnakeCase) + "\n")));
                }
            }
            string text = ranks.Broadcast(ranks.IsFirst ? string.Join('\n', JsonLines.ReadComplete(file)) : null)!;
            TLine[] lines =
            [
                .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select((line, i) => JsonLines.Parse(
                    line, i + 1, file, l => JsonSerializer.Deserialize<TLine>(l, StrictJson.SnakeCase)!, "start a new run")),
            ];
            if (!lines.Select(idOf).SequenceEqual(next.Select(n => n.Sample.Id)))
            {
                throw new InputException($"{file} has responses of other samples than its steps use; start a new run.");
            }
            use(_next, [.. lines.Zip(next, (l, n) => (l, n.Sample))]);
        }
    }
}
