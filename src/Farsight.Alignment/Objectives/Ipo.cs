using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>IPO: (h − 1/(2β))², with h = mean(log π − log π_ref)(chosen) − mean(log π − log π_ref)(rejected).</summary>
/// <remarks>
/// Source: arXiv:2310.12036, Eq. 17, where β is τ. A square instead of a logarithm: once the rewards β·h are one half apart, more is
/// as wrong as less. The loss is in nats². Eq. 17 writes the log-ratio of the whole response, a sum over its tokens; here it is the mean,
/// as in TRL, after a correction by the paper's authors: with sums, the same β demands less per token from long responses.
/// Takes exactly one rejected response; a sample that has more gives its first.
/// </remarks>
/// <param name="Beta">β, the paper's τ; larger stays closer to the reference. The target of h is 1/(2β) nats per token. > 0.</param>
sealed record Ipo(double Beta) : IPreferenceObjective
{
    [JsonIgnore]
    public string? KeepsChosen =>
        "raise objective.beta, use an objective with a likelihood term (longpo has nll_weight, logo has sft_weight)";

    [JsonIgnore]
    public bool NeedsReference => true;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public int? RejectedResponses => 1;

    public IEnumerable<string> Problems(string path) => Requirement.Positive($"{path}.beta", Beta);

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        PreferenceLogProbs reference = Requirement.ReferenceOfPair("ipo", logProbs);
        SequenceLogProb chosen = logProbs.Chosen, rejected = logProbs.Rejected[0];

        double chosenRatio = chosen.Mean - reference.Chosen.Mean;
        double rejectedRatio = rejected.Mean - reference.Rejected[0].Mean;
        double error = chosenRatio - rejectedRatio - 1 / (2 * Beta);

        return new(
            error * error, 2 * error / chosen.Tokens, [-2 * error / rejected.Tokens], Beta * chosenRatio, Beta * rejectedRatio)
        {
            DChosenOfComparison = 2 * error / chosen.Tokens,
        };
    }
}
