using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>ORPO: −mean(chosen) − λ·log σ(z), with z = log odds(chosen) − log odds(rejected) and no reference model.</summary>
/// <remarks>
/// odds(y) = p / (1 − p) with p = exp(mean(y)), so log odds = mean − log(1 − exp(mean)), and its derivative by the mean is 1/(1 − p).
/// Source: arXiv:2403.07691, Eq. 4, 6 and 7. The first term is over the chosen response; some programs take prompt and response.
/// A mean above −1e-6 counts as −1e-6, in the loss and in its derivatives: closer to certainty F32 log-probabilities are rounding,
/// and at certainty the odds are infinite. Takes exactly one rejected response; a sample that has more gives its first.
/// </remarks>
/// <param name="OddsRatioWeight">λ, weight of the odds ratio's term; > 0.</param>
sealed record Orpo(double OddsRatioWeight) : IPreferenceObjective, IRewardedObjective
{
    const double MostCertain = -1e-6;

    [JsonIgnore]
    public string? KeepsChosen => "lower objective.odds_ratio_weight";

    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public int? RejectedResponses => 1;

    public IEnumerable<string> Problems(string path) => Requirement.Positive($"{path}.odds_ratio_weight", OddsRatioWeight);

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("orpo", 1, logProbs);
        SequenceLogProb chosen = logProbs.Chosen, rejected = logProbs.Rejected[0];

        (double chosenOdds, double dChosenOdds) = LogOdds(chosen.Mean);
        (double rejectedOdds, double dRejectedOdds) = LogOdds(rejected.Mean);
        (double loss, double dMargin) = Logistic.PreferenceLoss(chosenOdds - rejectedOdds, labelSmoothing: 0);
        double dz = OddsRatioWeight * dMargin;

        return new(
            OddsRatioWeight * loss - chosen.Mean, (dz * dChosenOdds - 1) / chosen.Tokens, [-dz * dRejectedOdds / rejected.Tokens],
            chosenOdds, rejectedOdds)
        {
            DChosenOfComparison = dz * dChosenOdds / chosen.Tokens,
            PreferenceGradient = -dMargin,
        };
    }

    (double Reward, double DSum) IRewardedObjective.Reward(SequenceLogProb response, SequenceLogProb? reference)
    {
        (double odds, double derivative) = LogOdds(response.Mean);
        return (odds, derivative / response.Tokens);
    }

    /// <summary>log(p/(1 − p)) of p = exp(mean), and its derivative by the mean.</summary>
    static (double LogOdds, double Derivative) LogOdds(double mean)
    {
        double m = Math.Min(mean, MostCertain);
        double rest = 1 - Math.Exp(m); // at least 1e-6, so ten digits are left of it
        return (m - Math.Log(rest), 1 / rest);
    }
}
