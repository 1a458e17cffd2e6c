using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training.Alarms;
using Farsight.Engine.Models;
using Farsight.Text.Conversations;

namespace Farsight.Workflows.Train;

/// <summary>Asks the model under training the questions of some samples: greedily, and of several turns the first only.</summary>
/// <param name="model">The model, between two training steps.</param>
/// <param name="format">Its chat format.</param>
/// <param name="samples">The samples.</param>
/// <param name="maxNewTokens">Maximum tokens of an answer.</param>
/// <param name="progress">Receives finished and total answers, which are generated together; null for none.</param>
sealed class SampleWatch(
    DecoderModel model, ChatFormat format, IReadOnlyList<PreferenceSample> samples, int maxNewTokens, Action<int, int>? progress)
{
    readonly IReadOnlyList<PreferenceSample> _questions = [.. samples.SelectMany(s => s.SplitQuestions())];

    /// <summary>Generates the answers, one line per question.</summary>
    internal IReadOnlyList<SampleLine> At(int step)
    {
        // Not cancelled: a step is finished with everything that belongs to it.
        using LocalModel local = new("the model under training", model, format);
        progress?.Invoke(0, _questions.Count);
        IReadOnlyList<Completion> completions = local
            .CompleteAsync([.. _questions.Select(s => new CompletionRequest(new Prompt.Tokens(PromptOf(s)), new(maxNewTokens)))])
            .GetAwaiter()
            .GetResult();
        progress?.Invoke(_questions.Count, _questions.Count);
        return [.. _questions.Zip(completions, (question, completion) => Line(step, question, completion))];
    }

    int[] PromptOf(PreferenceSample sample) => SampleTokens.Of(sample, format, model.Config.VocabSize).Prompt;

    SampleLine Line(int step, PreferenceSample sample, Completion completion)
    {
        int[] tokens = [.. completion.Tokens], chosen = format.Response(sample.Chosen, sample.ChosenCalls);
        return new(
            step,
            sample.Id,
            sample.Question,
            completion.Text.Trim(),
            sample.Chosen,
            Repetition.Of(tokens),
            Repetition.Of(chosen.AsSpan(0, chosen.Length - 1)),
            completion.FinishReason == FinishReason.Stop);
    }
}
