using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.Judged;

/// <summary>Provides what tasks with judged citations share: the judge says whether the cited passages entail each sentence.</summary>
/// <remarks>
/// An answer without a sentence scores 0 for its citations. The official programs leave it out of their means; the metrics "official …" of
/// the aggregate do so, too.
/// </remarks>
abstract class CitationTask : IJudgedTask, IAggregatedTask
{
    /// <summary>Names the metrics beside the score.</summary>
    protected const string Recall = "citation recall", Precision = "citation precision";

    const string Skipped = "without sentence", Official = "official";

    /// <summary>Gets the metrics of the aggregate that follow the official program.</summary>
    protected static IReadOnlyList<EvalMetric> OfficialMetrics { get; } =
        [new(Official), new($"{Official} {Recall}"), new($"{Official} {Precision}")];

    /// <inheritdoc/>
    public abstract EvalTaskCard Card { get; }

    /// <inheritdoc/>
    public abstract IEnumerable<EvalExample> Examples(EvalSetting setting);

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
        Next(Citations(example, completions[^1]), []) ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn>? JudgeNext(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies) =>
        Next(Citations(example, completions[^1]), replies);

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) =>
        Score(example, completions, (IReadOnlyList<string>)[verdict]);

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies)
    {
        if (replies.Any(r => Read(r) is null))
        {
            return null;
        }
        EntailedCitations citations = Citations(example, completions[^1]);
        _ = Next(citations, replies);
        PrecisionRecall found = citations.Score ?? default;
        EvalScore score = Score(example, completions[^1], found, citations.Citations);
        return score with
        {
            Beside = new Dictionary<string, double>(score.Beside)
            {
                [Recall] = found.Recall,
                [Precision] = found.Precision,
                [Skipped] = citations.Score is null ? 1 : 0,
            },
        };
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        EvalScore mean = EvalScore.Mean([.. examples.Select(e => e.Score)]);
        double kept = 1 - mean.Beside.GetValueOrDefault(Skipped);
        double Over(string metric) => kept > 0 ? mean.Beside.GetValueOrDefault(metric) / kept : 0;
        PrecisionRecall official = new(Over(Precision), Over(Recall), kept > 0 ? mean.Value / kept : 0);
        return mean with
        {
            Beside = new Dictionary<string, double>(mean.Beside)
            {
                [Official] = OfficialScore(mean, official),
                [$"{Official} {Recall}"] = official.Recall,
                [$"{Official} {Precision}"] = official.Precision,
            },
        };
    }

    /// <summary>Returns the sentences of an answer with the passages that they may cite.</summary>
    protected abstract EntailedCitations Citations(EvalExample example, string completion);

    /// <summary>Combines the citations' scores, all 0 for an answer without a sentence, with those of the answer.</summary>
    protected abstract EvalScore Score(EvalExample example, string completion, PrecisionRecall found, int citations);

    /// <summary>Computes the score over the answers that the official program counts.</summary>
    /// <param name="mean">The means over all answers.</param>
    /// <param name="official">Precision, recall and score of the answers with a sentence.</param>
    protected abstract double OfficialScore(EvalScore mean, PrecisionRecall official);

    /// <summary>
    /// Puts the replies so far into a scoring of citations, and returns the prompt of the first question without one; null when all have
    /// one.
    /// </summary>
    static ChatTurn[]? Next(EntailedCitations citations, IReadOnlyList<string> replies)
    {
        int answered = 0;
        foreach ((string premise, string claim) in citations.Questions(() => Read(replies[answered - 1]) ?? false))
        {
            if (answered++ == replies.Count)
            {
                return [new("user", Ask(premise, claim))];
            }
        }
        return null;
    }

    static string Ask(string premise, string claim) =>
        "Does the premise entail the claim? Reply with one word: entailment if the claim follows from the premise, contradiction if the "
        + $"premise contradicts it, neutral otherwise.\n\nPremise:\n{premise}\n\nClaim:\n{claim}";

    /// <summary>Reads the last label of a reply: whether it is entailment; null where there is none.</summary>
    internal static bool? Read(string reply)
    {
        string text = PythonStrings.Lower(reply);
        (string Label, int At)[] found =
        [
            .. ((string[])["entailment", "neutral", "contradiction"])
                .Select(l => (l, text.LastIndexOf(l, StringComparison.Ordinal)))
                .Where(l => l.Item2 >= 0),
        ];
        return found.Length == 0 ? null : found.MaxBy(f => f.At).Label == "entailment";
    }
}
