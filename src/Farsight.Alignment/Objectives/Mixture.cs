using System.Text.Json.Serialization;

namespace Farsight.Alignment.Objectives;

/// <summary>A weighted sum of objectives: Σ w_i·L_i.</summary>
/// <remarks>
/// Each part gets the rejected responses that it takes, the first ones. The logged rewards are those of the first part that has some; the
/// comparison's share of the gradient counts all parts that compare.
/// </remarks>
/// <param name="Parts">The objectives, at least one.</param>
sealed record Mixture(IReadOnlyList<MixturePart> Parts) : IPreferenceObjective
{
    [JsonIgnore]
    public string? KeepsChosen => LearnsChosen && RejectedResponses != 0
        ? "raise the weight of a part with a likelihood term in objective.parts, such as sft_partial"
        : null;

    [JsonIgnore]
    public bool NeedsReference => Any(o => o.NeedsReference);

    [JsonIgnore]
    public bool ReferenceIsShort => Any(o => o.ReferenceIsShort);

    [JsonIgnore]
    public bool ScoresPrompt => Any(o => o.ScoresPrompt);

    [JsonIgnore]
    public bool LearnsChosen => Any(o => o.LearnsChosen);

    [JsonIgnore]
    public bool ReadsShort => Any(o => o.ReadsShort);

    [JsonIgnore]
    public bool NeedsKlEstimate => Any(o => o.NeedsKlEstimate);

    [JsonIgnore]
    public TeacherOptions? Distillation => Objectives.Select(o => o.Distillation).FirstOrDefault(t => t is not null);

    [JsonIgnore]
    public int? RejectedResponses => Any(o => o.RejectedResponses is null) ? null : Objectives.Max(o => o.RejectedResponses);

    [JsonIgnore]
    public int FewestRejected => Objectives.Max(o => o.FewestRejected);

    IEnumerable<IPreferenceObjective> Objectives => Parts.Select(p => p.Objective);

    public IEnumerable<string> Problems(string path) =>
    [
        .. Parts.Count == 0 ? new[] { $"{path}.parts: the list is empty; give at least one objective with its weight." } : [],
        .. Parts.SelectMany((p, i) => Requirement.Positive($"{path}.parts[{i}].weight", p.Weight)),
        .. Parts.SelectMany((p, i) => p.Objective.Problems($"{path}.parts[{i}].objective")),
        .. Parts.Index().Where(p => p.Item.Objective is ISampledObjective).Select(p =>
            $"{path}.parts[{p.Index}].objective: it samples its responses, so it cannot be a part of a mixture; use it alone."),
        .. Objectives.Where(o => o.NeedsReference).Select(o => o.ReferenceIsShort).Distinct().Count() > 1
            ? new[] { $"{path}.parts: one reference reads the short context and one the long context; use parts with the same reference." }
            : [],
        .. Objectives.Count(o => o.Distillation is not null) > 1
            ? new[] { $"{path}.parts: two parts have a teacher; keep one of them." }
            : [],
    ];

    public ObjectiveValue Evaluate(PreferenceLogProbs logProbs)
    {
        if (RejectedResponses is { } wanted)
        {
            Requirement.Rejected("mixture", wanted, logProbs);
        }
        (double Weight, ObjectiveValue Value)[] values =
            [.. Parts.Select(p => (p.Weight, p.Objective.Evaluate(logProbs.WithRejected(p.Objective.RejectedResponses))))];
        double Sum(Func<ObjectiveValue, double> of) => values.Sum(v => v.Weight * of(v.Value));
        double[] SumOf(int count, Func<ObjectiveValue, double[]?> of) =>
            [.. Enumerable.Range(0, count).Select(j => Sum(v => of(v) is { } d && j < d.Length ? d[j] : 0))];

        ObjectiveValue? compared = values.Select(v => v.Value).FirstOrDefault(v => v.ChosenReward is not null);
        return new(
            Sum(v => v.Loss), Sum(v => v.DChosen), SumOf(logProbs.Rejected.Count, v => v.DRejected), compared?.ChosenReward,
            compared?.RejectedReward, Sum(v => v.DPrompt))
        {
            DChosenOfComparison = values.Any(v => v.Value.DChosenOfComparison is not null) ? Sum(v => v.DChosenOfComparison ?? 0) : null,
            PreferenceGradient = compared?.PreferenceGradient,
            Short = values.Any(v => v.Value.Short is not null)
                ? new(Sum(v => v.Short?.DChosen ?? 0), SumOf(logProbs.Short?.Rejected.Count ?? 0, v => v.Short?.DRejected))
                : null,
            DDistilled = values.Select(v => v.Value.DDistilled is { } d ? Scaled(d, v.Weight) : null).FirstOrDefault(d => d is not null),
        };
    }

    bool Any(Func<IPreferenceObjective, bool> condition) => Objectives.Any(condition);

    static double[][] Scaled(double[][] derivatives, double weight) => [.. derivatives.Select(t => t.Select(d => weight * d).ToArray())];
}

/// <summary>Represents an objective of a mixture.</summary>
/// <param name="Weight">Weight of its loss; > 0.</param>
/// <param name="Objective">The objective.</param>
sealed record MixturePart(double Weight, IPreferenceObjective Objective);
