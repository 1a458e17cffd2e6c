using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>
/// Instruction tuning on the whole long sequence, constrained to the short-context model's likelihood of the chosen response.
/// </summary>
/// <remarks>
/// d = log π(chosen | x_L) − log π_S(chosen | x_S) ;  Loss = −mean(x_L and chosen) + κ·d²/(2·|chosen|).
/// "SFT on chosen responses with short-to-long constraint" of arXiv:2502.13922, Figure 4. The paper prints no formula for it. Its
/// constraint, Eq. 9, is a divergence from π_S(· | x_S), and half the square of d estimates that from the one response there is; it holds
/// from both sides, where d itself would only be less likelihood.
/// </remarks>
/// <param name="ConstraintWeight">κ, ≥ 0; 0 is instruction tuning on the whole sequence.</param>
sealed record SftConstrained(double ConstraintWeight) : IPreferenceObjective
{
    [JsonIgnore]
    public bool NeedsReference => true;

    [JsonIgnore]
    public bool ReferenceIsShort => true;

    [JsonIgnore]
    public bool ScoresPrompt => true;

    [JsonIgnore]
    public int? RejectedResponses => 0;

    public IEnumerable<string> Problems(string path) => Requirement.NotNegative($"{path}.constraint_weight", ConstraintWeight);

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("sft_constrained", 0, logProbs);
        PreferenceLogProbs reference = Requirement.Reference("sft_constrained", logProbs);
        SequenceLogProb prompt = Requirement.Prompt("sft_constrained", logProbs), chosen = logProbs.Chosen;

        double drift = chosen.Sum - reference.Chosen.Sum;
        double dSum = -1.0 / (prompt.Tokens + chosen.Tokens), pull = ConstraintWeight * drift / chosen.Tokens;
        return new(dSum * (prompt.Sum + chosen.Sum) + pull * drift / 2, dSum + pull, [], DPrompt: dSum);
    }
}
