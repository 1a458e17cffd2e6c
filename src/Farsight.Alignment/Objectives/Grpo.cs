using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>GRPO: responses of one prompt are compared by their verified rewards, without a critic.</summary>
/// <remarks>
/// A_i = (R_i − mean R)/(std R + 1e-6);  ρ_t = π(y_t)/π_sampling(y_t);  Loss = −(1/G)·Σ_i (1/|y_i|)·Σ_t [min(ρ_t·A_i,
/// clip(ρ_t, 1 − ε₋, 1 + ε₊)·A_i) − κ·k3_t], with k3 = e^d − d − 1 and d = log π_ref − log π. std is that of the population. Source:
/// arXiv:2402.03300, Eq. 3 and 4; the two ε are those of arXiv:2603.02146, whose mean runs over all tokens of the group. Equal rewards
/// give no gradient, but for κ.
/// </remarks>
/// <param name="Sampling">How responses are sampled; 2 responses or more.</param>
/// <param name="ClipLow">ε₋, in [0, 1). Default: 0.2.</param>
/// <param name="ClipHigh">ε₊, ≥ 0. Default: 0.28.</param>
/// <param name="KlWeight">κ, weight of the divergence from the model before training; ≥ 0. Default: 0, which reads no
/// reference.</param>
/// <param name="NormalizeDeviation">Whether advantages are divided by the standard deviation of the group. Default: true.</param>
/// <param name="Average">Whether each response counts the same or each token. Default: response.</param>
/// <param name="RewardsEvidence">Whether the reward includes the evidence that a response quotes. Default: false, for the answer
/// alone.</param>
sealed record Grpo(
    OnPolicySampling Sampling, double ClipLow = 0.2, double ClipHigh = 0.28, double KlWeight = 0, bool NormalizeDeviation = true,
    GroupAverage Average = GroupAverage.Response, [property: JsonPropertyName("evidence")] bool RewardsEvidence = false)
    : ISampledObjective
{
    const double LeastDeviation = 1e-6;

    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public bool LearnsChosen => false;

    [JsonIgnore]
    public int? RejectedResponses => 0;

    [JsonIgnore]
    public bool ReadsTeacher => false;

    [JsonIgnore]
    public bool ReadsReference => KlWeight > 0;

    [JsonIgnore]
    public bool ReadsReward => true;

    public IEnumerable<string> Problems(string path) =>
    [
        .. Sampling.Problems($"{path}.sampling"),
        .. Sampling.Responses == 1
            ? new[] { $"{path}.sampling.responses: a group of 1 has nothing to compare; use 2 or more." }
            : [],
        .. ClipLow is >= 0 and < 1
            ? []
            : new[] { FormattableString.Invariant($"{path}.clip_low: {ClipLow} is not allowed; use 0 to below 1.") },
        .. Requirement.NotNegative($"{path}.clip_high", ClipHigh),
        .. Requirement.NotNegative($"{path}.kl_weight", KlWeight),
    ];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        IReadOnlyList<SampledLogProbs> group = logProbs.Sampled;
        if (group.Count == 0)
        {
            return SampledLoss.HeldOut(logProbs);
        }
        double[] advantages = Advantages([.. group.Select(r => r.Reward
            ?? throw new ArgumentException("grpo needs the rewards of sampled responses, and one has none.", nameof(logProbs)))]);
        int tokens = group.Sum(r => r.Policy.Length);
        double loss = 0;
        double[][] derivatives = new double[group.Count][];
        for (int i = 0; i < group.Count; i++)
        {
            SampledLogProbs response = group[i];
            double weight = 1.0 / (Average == GroupAverage.Token ? tokens : group.Count * response.Policy.Length);
            derivatives[i] = new double[response.Policy.Length];
            for (int t = 0; t < response.Policy.Length; t++)
            {
                (double token, double derivative) = TokenLoss(response, t, advantages[i]);
                loss += weight * token;
                derivatives[i][t] = weight * derivative;
            }
        }
        return SampledLoss.Of(loss, derivatives);
    }

    /// <summary>Computes the advantages of a group, which add up to 0: [G].</summary>
    internal double[] Advantages(double[] rewards)
    {
        double mean = rewards.Average();
        double deviation = Math.Sqrt(rewards.Average(r => (r - mean) * (r - mean)));
        return [.. rewards.Select(r => NormalizeDeviation ? (r - mean) / (deviation + LeastDeviation) : r - mean)];
    }

    /// <summary>Computes the loss of a token and its derivative by the token's log-probability.</summary>
    (double Loss, double Derivative) TokenLoss(SampledLogProbs response, int t, double advantage)
    {
        double ratio = Math.Exp(response.Policy[t] - response.Sampling[t]);
        double clipped = Math.Clamp(ratio, 1 - ClipLow, 1 + ClipHigh);
        bool isClipped = clipped * advantage < ratio * advantage;
        double loss = -(isClipped ? clipped : ratio) * advantage, derivative = isClipped ? 0 : -ratio * advantage;
        if (KlWeight == 0)
        {
            return (loss, derivative);
        }
        double d = (response.Reference ?? throw new ArgumentException("grpo with kl_weight needs the reference of each response."))[t]
            - response.Policy[t];
        return (loss + KlWeight * (Math.Exp(d) - d - 1), derivative + KlWeight * (1 - Math.Exp(d)));
    }
}

/// <summary>Lists how the tokens of a group are averaged.</summary>
public enum GroupAverage
{
    /// <summary>The mean over responses of the mean over their tokens.</summary>
    Response,

    /// <summary>The mean over all tokens of the group.</summary>
    Token,
}
