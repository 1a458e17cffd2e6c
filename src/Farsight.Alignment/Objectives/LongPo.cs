using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>LongPO: DPO whose reference reads the short context, plus the likelihood of the whole long sequence.</summary>
/// <remarks>
/// r(y) = β·(log π(y | x_L) − log π_S(y | x_S)) ;  Loss = λ·(−log σ(r(chosen) − r(rejected))) + ν·(−mean(x_L and chosen)).
/// Source: arXiv:2502.13922, Eq. 11, 13 and 14: sums, not means; several turns are one sequence each, summed over the turns.
/// The mean runs over context, questions and chosen responses. ν is 1 in the paper; 0 leaves its term out, and with λ = 1 what is left is
/// DPO.
/// Takes the first rejected response of each turn.
/// </remarks>
/// <param name="Beta">β, 0.1 in the paper; larger stays closer to the reference. > 0.</param>
/// <param name="PreferenceWeight">λ, 0.01 in the paper; ≥ 0.</param>
/// <param name="NllWeight">ν, weight of the whole sequence's mean negative log-likelihood; ≥ 0.</param>
sealed record LongPo(double Beta, double PreferenceWeight, double NllWeight = 1) : IPreferenceObjective
{
    [JsonIgnore]
    public string? KeepsChosen => "raise objective.nll_weight or lower objective.preference_weight";

    [JsonIgnore]
    public bool NeedsReference => true;

    [JsonIgnore]
    public bool ReferenceIsShort => true;

    [JsonIgnore]
    public bool ScoresPrompt => NllWeight > 0;

    [JsonIgnore]
    public int? RejectedResponses => 1;

    public IEnumerable<string> Problems(string path) =>
    [
        .. Requirement.Positive($"{path}.beta", Beta),
        .. Requirement.NotNegative($"{path}.preference_weight", PreferenceWeight),
        .. Requirement.NotNegative($"{path}.nll_weight", NllWeight),
        .. PreferenceWeight == 0 && NllWeight == 0 ? new[] { $"{path}: both weights are 0, which leaves nothing to train." } : [],
    ];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.ReferenceOfPair("longpo", logProbs);
        ObjectiveValue preference = new Dpo(Beta).Evaluate(logProbs);
        double loss = PreferenceWeight * preference.Loss,
            dChosen = PreferenceWeight * preference.DChosen,
            dRejected = PreferenceWeight * preference.DRejected[0];
        ObjectiveValue value = preference with { Loss = loss, DChosen = dChosen, DRejected = [dRejected], DChosenOfComparison = dChosen };
        if (!ScoresPrompt)
        {
            return value;
        }
        SequenceLogProb prompt = Requirement.Prompt("longpo", logProbs);
        int tokens = prompt.Tokens + logProbs.Chosen.Tokens;
        double dSum = -NllWeight / tokens;
        return value with { Loss = loss + dSum * (prompt.Sum + logProbs.Chosen.Sum), DChosen = dChosen + dSum, DPrompt = dSum };
    }
}
