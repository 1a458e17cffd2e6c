using Farsight.Engine;
using Farsight.Evaluation.Core;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace Farsight.Evaluation.Interop;

/// <summary>Scores the stored answers of an evaluation by an evaluator of Microsoft.Extensions.AI.Evaluation.</summary>
/// <remarks>
/// The evaluator gets the question, the answer (the first of several draws), and the stored right answers as a
/// <see cref="ReferenceContext"/>. The earlier score stays beside the new one as "before".
/// </remarks>
public static class EvaluatorScoring
{
    /// <summary>Scores answers.</summary>
    /// <param name="results">The results with their examples.</param>
    /// <param name="evaluator">The evaluator.</param>
    /// <param name="metric">The metric to take: a number, or a boolean as 1 or 0.</param>
    /// <param name="chat">The judge of the evaluator; null where it needs none.</param>
    /// <param name="cancellationToken">Stops the scoring.</param>
    /// <exception cref="InputException">No answer has a reference, or the evaluator has no such metric.</exception>
    public static async Task<EvalResults> ScoreAsync(
        EvalResults results, IEvaluator evaluator, string metric, ChatConfiguration? chat = null,
        CancellationToken cancellationToken = default)
    {
        if (!evaluator.EvaluationMetricNames.Contains(metric))
        {
            string[] names = [.. evaluator.EvaluationMetricNames];
            throw new InputException(
                $"The evaluator has no metric '{metric}'.{Suggestion.Question(metric, names)} Metrics: {string.Join(", ", names)}.");
        }
        List<EvalRecord> records = [];
        foreach (EvalRecord record in Rescoring.Selected(results, []))
        {
            EvalRecord before = record with { Score = 0, Beside = Rescoring.Kept(record), Draws = null, ScoringSha256 = null };
            records.Add(record.Failed is not null
                ? before
                : Scored(before, await Evaluate(record).ConfigureAwait(false), metric));
        }
        return Rescoring.Of(results, records, metric, isShare: records.All(r => r.Score is >= 0 and <= 1));

        ValueTask<EvaluationResult> Evaluate(EvalRecord record) => evaluator.EvaluateAsync(
            [new(ChatRole.User, record.Question)], new ChatResponse(new ChatMessage(ChatRole.Assistant, record.Completion)), chat,
            [new ReferenceContext(record.References)], cancellationToken);
    }

    static EvalRecord Scored(EvalRecord record, EvaluationResult result, string metric)
    {
        EvaluationMetric? found = result.Metrics.TryGetValue(metric, out EvaluationMetric? named) ? named : null;
        double? value = found switch
        {
            NumericMetric number => number.Value,
            BooleanMetric { Value: { } isTrue } => isTrue ? 1 : 0,
            _ => null,
        };
        return value is { } score
            ? record with { Score = score, Verdict = found?.Reason }
            : record with
            {
                Failed = "evaluator: " + (found?.Diagnostics is { Count: > 0 } notes ? notes[0].Message : $"'{metric}' has no value"),
            };
    }
}
