using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>SoLoPO: a preference after the short context, and the same reward of the chosen response after the long one.</summary>
/// <remarks>
/// Loss = L_PO(x_S; y_w, y_l) + α·|r(x_S, y_w) − r(x_L, y_w)|, with L_PO and its reward r those of <paramref name="Preference"/>.
/// Source: arXiv:2505.11166. The paper bounds the distance by a function s(·) for each preference loss; here s is the identity. The
/// derivative of the distance at 0 is 0. Only the chosen response is read after the long context.
/// </remarks>
/// <param name="Preference">The preference loss: simpo, dpo or orpo.</param>
/// <param name="AlignmentWeight">α; 3 with dpo and 1 with simpo and orpo for the paper's 7B model. ≥ 0.</param>
/// <param name="ShortGradient">
/// Whether the short context's reward in the distance has a gradient; the paper does not say. Default: true, as the formula reads.
/// </param>
sealed record SoLoPo(IPreferenceObjective Preference, double AlignmentWeight, bool ShortGradient = true) : IPreferenceObjective
{
    [JsonIgnore]
    public string? KeepsChosen =>
        "raise objective.alignment_weight, or use a preference with a likelihood term in objective.preference, such as orpo";

    [JsonIgnore]
    public bool NeedsReference => Preference.NeedsReference;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public bool ReadsShort => true;

    [JsonIgnore]
    public int? RejectedResponses => 0;

    [JsonIgnore]
    public int FewestRejected => 1;

    public IEnumerable<string> Problems(string path) =>
    [
        .. Requirement.NotNegative($"{path}.alignment_weight", AlignmentWeight),
        .. Preference is IRewardedObjective
            ? Preference.Problems($"{path}.preference")
            : [$"{path}.preference: it has no reward that solopo can align; use simpo, dpo or orpo."],
    ];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        Requirement.Rejected("solopo", 0, logProbs);
        PreferenceLogProbs after = Requirement.Short("solopo", logProbs).WithRejected(1);
        IRewardedObjective preference = (IRewardedObjective)Preference;

        ObjectiveValue value = Preference.Evaluate(after);
        (double shortReward, double dShort) = preference.Reward(after.Chosen, after.Reference?.Chosen);
        (double longReward, double dLong) = preference.Reward(logProbs.Chosen, logProbs.Reference?.Chosen);
        double distance = shortReward - longReward, slope = AlignmentWeight * Math.Sign(distance);

        return new(value.Loss + AlignmentWeight * Math.Abs(distance), -slope * dLong, [], value.ChosenReward, value.RejectedReward)
        {
            PreferenceGradient = value.PreferenceGradient,
            Short = new(value.DChosen + (ShortGradient ? slope * dShort : 0), value.DRejected),
        };
    }
}

/// <summary>Computes the reward that an objective compares.</summary>
interface IRewardedObjective
{
    /// <summary>Returns the reward of a response and its derivative by the response's summed log-probability.</summary>
    /// <param name="response">The response under the policy.</param>
    /// <param name="reference">The same under the reference; null for objectives without one.</param>
    (double Reward, double DSum) Reward(SequenceLogProb response, SequenceLogProb? reference);
}
