using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>OPSDL: the policy after the short context teaches the policy after the long one, on responses of the latter.</summary>
/// <remarks>
/// A_t = log π(y_t | x_S, y_&lt;t) − log π(y_t | x_L, y_&lt;t), a constant;  Loss = −(1/G)·Σ_y (1/|y|)·Σ_t A_t·log π(y_t | x_L, y_&lt;t).
/// Source: arXiv:2604.17535, which prints the sum over the tokens; here it is the mean, so that long responses do not count more. Both
/// terms of A_t are those of the policy when it sampled y. Neither a reference nor a reward is needed, and no response of the dataset.
/// </remarks>
/// <param name="Sampling">How responses are sampled.</param>
sealed record Opsdl(OnPolicySampling Sampling) : ISampledObjective
{
    [JsonIgnore]
    public bool NeedsReference => false;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public bool LearnsChosen => false;

    [JsonIgnore]
    public int? RejectedResponses => 0;

    [JsonIgnore]
    public bool ReadsTeacher => true;

    [JsonIgnore]
    public bool ReadsReference => false;

    [JsonIgnore]
    public bool ReadsReward => false;

    [JsonIgnore]
    public bool RewardsEvidence => false;

    public IEnumerable<string> Problems(string path) => Sampling.Problems($"{path}.sampling");

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        if (logProbs.Sampled.Count == 0)
        {
            return SampledLoss.HeldOut(logProbs);
        }
        double loss = 0;
        double[][] derivatives = [.. logProbs.Sampled.Select(DerivativesOf)];
        return SampledLoss.Of(loss, derivatives);

        double[] DerivativesOf(SampledLogProbs response)
        {
            double[] teacher = response.Teacher
                ?? throw new ArgumentException("opsdl needs the teacher's log-probabilities, and a response has none.", nameof(logProbs));
            double weight = -1.0 / (logProbs.Sampled.Count * response.Policy.Length);
            double[] d = [.. teacher.Zip(response.Sampling, (t, s) => weight * (t - s))];
            loss += d.Zip(response.Policy, (a, p) => a * p).Sum();
            return d;
        }
    }
}
