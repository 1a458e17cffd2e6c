using Farsight.Engine.Inference;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Answering;

/// <summary>Scores answers with a model of this process. One caller at a time.</summary>
/// <remarks>
/// What prompts have in common (the worked examples of a subject, a document) is computed once a call, and each prompt once for all
/// its answers: the more examples a call has, the faster. <see cref="ContinuationScorer"/> says how.
/// </remarks>
/// <param name="model">Nobody else uses it meanwhile.</param>
public sealed class ChoiceScorer(LlamaModel model) : IChoiceScorer
{
    readonly ContinuationScorer _scorer = new(model);

    /// <inheritdoc/>
    public IReadOnlyList<ChoiceLogProb[]> Score(IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken)
    {
        Queue<ContinuationScore> scores = new(
            _scorer.Score([.. requests.SelectMany(r => r.Continuations.Select(c => new ScoringRequest(r.Prompt, c)))], cancellationToken));
        return [.. requests.Select(r => r.Continuations.Select(_ => Sum(scores.Dequeue())).ToArray())];
    }

    static ChoiceLogProb Sum(ContinuationScore score) => new(score.LogProbs.Sum(p => (double)p), score.LogProbs.Count, score.IsGreedy);
}
