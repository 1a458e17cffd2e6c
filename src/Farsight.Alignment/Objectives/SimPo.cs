using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>SimPO: −log σ(β·mean(chosen) − β·mean(rejected) − γ).</summary>
/// <remarks>Source: arXiv:2405.14734, Eq. 6. Takes exactly one rejected response; a sample that has more gives its first.</remarks>
/// <param name="Beta">β, reward scale; > 0.</param>
/// <param name="Gamma">γ, target margin in reward units; SimPO's code asks for γ/β instead. ≥ 0.</param>
public sealed record SimPo(double Beta, double Gamma) : IPreferenceObjective
{
    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public int? RejectedResponses => 1;

    public IEnumerable<string> Problems(string path) =>
        [.. Requirement.Positive($"{path}.beta", Beta), .. Requirement.NotNegative($"{path}.gamma", Gamma)];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("simpo", 1, logProbs);
        SequenceLogProb chosen = logProbs.Chosen, rejected = logProbs.Rejected[0];

        double chosenReward = Beta * chosen.Mean;
        double rejectedReward = Beta * rejected.Mean;
        double z = chosenReward - rejectedReward - Gamma;
        double dz = -Logistic.Sigmoid(-z);

        return new(
            -Logistic.LogSigmoid(z), dz * Beta / chosen.Tokens, [-dz * Beta / rejected.Tokens], chosenReward, rejectedReward);
    }
}
