using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>KTO: each response alone is desirable or undesirable, measured against a reference point z₀.</summary>
/// <remarks>
/// r(y) = log π(y) − log π_ref(y), summed over the tokens. Desirable: λ_D·(1 − σ(β·(r − z₀))); undesirable: λ_U·(1 − σ(β·(z₀ − r))).
/// Source: arXiv:2402.01306, Eq. 8, without the constant λ_y. z₀ estimates the divergence from the reference; it is
/// <see cref="PreferenceLogProbs.KlEstimate"/> and has no gradient. A sample is one desirable example, its chosen response, and an
/// undesirable one for each rejected response; its loss is the mean over them. A sample without rejected responses is desirable only.
/// </remarks>
/// <param name="Beta">β, 0.1 in the paper; larger stays closer to the reference. > 0.</param>
/// <param name="DesirableWeight">λ_D; > 0. Default: 1.</param>
/// <param name="UndesirableWeight">λ_U; > 0. Default: 1.</param>
sealed record Kto(double Beta, double DesirableWeight = 1, double UndesirableWeight = 1) : IPreferenceObjective
{
    [JsonIgnore]
    public string? KeepsChosen => "raise objective.desirable_weight, or objective.beta";

    [JsonIgnore]
    public bool NeedsReference => true;

    [JsonIgnore]
    public bool ScoresPrompt => false;

    [JsonIgnore]
    public bool NeedsKlEstimate => true;

    [JsonIgnore]
    public int? RejectedResponses => null;

    [JsonIgnore]
    public int FewestRejected => 0;

    public IEnumerable<string> Problems(string path) =>
    [
        .. Requirement.Positive($"{path}.beta", Beta),
        .. Requirement.Positive($"{path}.desirable_weight", DesirableWeight),
        .. Requirement.Positive($"{path}.undesirable_weight", UndesirableWeight),
    ];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        PreferenceLogProbs reference = Requirement.Reference("kto", logProbs);
        IReadOnlyList<SequenceLogProb> rejected = logProbs.Rejected;
        double z = logProbs.KlEstimate
            ?? throw new ArgumentException("kto needs an estimate of the divergence, and the example has none.", nameof(logProbs));
        double share = 1.0 / (1 + rejected.Count);

        double chosenGain = logProbs.Chosen.Sum - reference.Chosen.Sum;
        double chosenLoss = Logistic.Sigmoid(Beta * (z - chosenGain));
        double dChosen = -share * DesirableWeight * Beta * chosenLoss * (1 - chosenLoss);

        double[] gains = [.. rejected.Zip(reference.Rejected, (r, before) => r.Sum - before.Sum)];
        double[] losses = [.. gains.Select(r => Logistic.Sigmoid(Beta * (r - z)))];
        double loss = share * (DesirableWeight * chosenLoss + UndesirableWeight * losses.Sum());
        ObjectiveValue value = new(loss, dChosen, [.. losses.Select(l => share * UndesirableWeight * Beta * l * (1 - l))]);
        return rejected.Count == 0
            ? value
            : value with { ChosenReward = Beta * chosenGain, RejectedReward = Beta * gains.Average(), DChosenOfComparison = dChosen };
    }
}
