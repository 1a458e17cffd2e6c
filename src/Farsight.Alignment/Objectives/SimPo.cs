using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>SimPO: −log σ(z) with z = β·mean(chosen) − β·mean(rejected) − γ.</summary>
/// <remarks>
/// Source: arXiv:2405.14734, Eq. 6. Takes exactly one rejected response; a sample that has more gives its first. With ε above 0,
/// −(1 − ε) log σ(z) − ε log σ(−z), as the authors' code has it; z holds γ in both terms.
/// </remarks>
/// <param name="Beta">β, reward scale; > 0.</param>
/// <param name="Gamma">γ, target margin in reward units; SimPO's code asks for γ/β instead. ≥ 0.</param>
/// <param name="LabelSmoothing">ε, probability that the labels are swapped; in [0, 0.5).
/// Default: 0, as in the paper.</param>
public sealed record SimPo(double Beta, double Gamma, double LabelSmoothing = 0)
    : IPreferenceObjective, IRewardedObjective
{
    [JsonIgnore]
    public string? KeepsChosen => "use the objective logo with an sft_weight of 1 to 10, which is simpo with a likelihood term";

    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public int? RejectedResponses => 1;

    public IEnumerable<string> Problems(string path) =>
    [
        .. Requirement.Positive($"{path}.beta", Beta),
        .. Requirement.NotNegative($"{path}.gamma", Gamma),
        .. Requirement.LabelSmoothing($"{path}.label_smoothing", LabelSmoothing),
    ];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("simpo", 1, logProbs);
        SequenceLogProb chosen = logProbs.Chosen, rejected = logProbs.Rejected[0];

        double chosenReward = Beta * chosen.Mean;
        double rejectedReward = Beta * rejected.Mean;
        (double loss, double dz) = Logistic.PreferenceLoss(chosenReward - rejectedReward - Gamma, LabelSmoothing);

        return new(loss, dz * Beta / chosen.Tokens, [-dz * Beta / rejected.Tokens], chosenReward, rejectedReward)
        {
            DChosenOfComparison = dz * Beta / chosen.Tokens,
            PreferenceGradient = Math.Abs(dz),
        };
    }

    (double Reward, double DSum) IRewardedObjective.Reward(SequenceLogProb response, SequenceLogProb? reference) =>
        (Beta * response.Mean, Beta / response.Tokens);
}
