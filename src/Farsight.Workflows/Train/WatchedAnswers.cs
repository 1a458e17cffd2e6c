using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training.Alarms;
using Farsight.Engine.Models;
using Farsight.Text.Conversations;

namespace Farsight.Workflows.Train;

/// <summary>What a model answers to some samples as it is now: greedily, at positions 0, 1, 2, …, of several turns the first.</summary>
/// <param name="model">The model under training, between two steps.</param>
/// <param name="format">Its chat format.</param>
/// <param name="samples">Whom to ask.</param>
/// <param name="maxNewTokens">Most tokens of an answer.</param>
sealed class WatchedAnswers(LlamaModel model, ChatFormat format, IReadOnlyList<PreferenceSample> samples, int maxNewTokens)
{
    readonly LocalCompleter _completer = new(model, format);

    /// <summary>The answers, a line a sample.</summary>
    internal IReadOnlyList<SampleLine> At(int step)
    {
        // Not cancelled: a step is finished with all that belongs to it.
        IReadOnlyList<Completion> completions = _completer.Complete(
            [.. samples.Select(s => new CompletionRequest(Prompt(s), maxNewTokens))],
            CancellationToken.None);
        return [.. samples.Zip(completions, (sample, completion) => Line(step, sample, completion))];
    }

    int[] Prompt(PreferenceSample sample) => format.Prompt([.. sample.Context.SelectMany(c => c.Tokens)], sample.Question);

    SampleLine Line(int step, PreferenceSample sample, Completion completion)
    {
        bool ended = completion.FinishReason == FinishReason.Stop;
        int[] tokens = [.. completion.Tokens.SkipLast(ended ? 1 : 0)],
            chosen = format.Response(sample.Chosen);
        return new(
            step,
            sample.Id,
            sample.Question,
            completion.Text,
            sample.Chosen,
            Repetition.Of(tokens),
            Repetition.Of(chosen.AsSpan(0, chosen.Length - 1)),
            ended);
    }
}
