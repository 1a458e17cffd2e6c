using Farsight.Alignment.Objectives;

namespace Farsight.Alignment.Training;

/// <summary>
/// Computes the logged metrics of a question. A falling loss and a growing margin are no success while the chosen response gets
/// less likely.
/// </summary>
public static class PreferenceMetrics
{
    /// <summary>Mean loss of a sample, in nats.</summary>
    public const string Loss = "loss";

    /// <summary>Nats per token of the chosen response.</summary>
    public const string ChosenLogProb = "chosen_log_prob";

    /// <summary>Share of questions whose chosen response greedy decoding would write, token for token.</summary>
    public const string ChosenExactMatch = "chosen_exact_match";

    /// <summary>Nats per token of the rejected responses.</summary>
    public const string RejectedLogProb = "rejected_log_prob";

    /// <summary>Chosen minus mean rejected reward, in the objective's units.</summary>
    public const string RewardMargin = "reward_margin";

    /// <summary>Reward of the chosen response, in the objective's units.</summary>
    public const string ChosenReward = "chosen_reward";

    /// <summary>Mean reward of the rejected responses, in the objective's units.</summary>
    public const string RejectedReward = "rejected_reward";

    /// <summary>Share of the chosen response's gradient that comes from the comparison.</summary>
    public const string PreferenceShare = "preference_share";

    /// <summary>σ(−z): how much of its largest gradient the comparison still has.</summary>
    public const string PreferenceGradient = "preference_gradient";

    /// <summary>
    /// Share of questions whose comparison has at least <see cref="LiveGradient"/> of its largest gradient. Unlike the mean of
    /// <see cref="PreferenceGradient"/>, it shows that a few questions carry the whole comparison.
    /// </summary>
    public const string LiveComparisons = "live_comparisons";

    /// <summary>Minimum σ(−z) of a comparison that still trains.</summary>
    internal const double LiveGradient = 0.01;

    /// <summary>Share of questions with a positive margin.</summary>
    public const string RewardAccuracy = "reward_accuracy";

    /// <summary>Nats per token of the prompt, where it is part of the loss.</summary>
    public const string PromptLogProb = "prompt_log_prob";

    /// <summary>Estimated divergence of the policy from the reference, in nats, where the objective uses it.</summary>
    public const string KlEstimate = "kl_estimate";

    /// <summary>Adds a question. Every question counts the same, except in the loss, where every sample does.</summary>
    /// <param name="metrics">Receives the metrics.</param>
    /// <param name="question">Id of the question.</param>
    /// <param name="logProbs">Its log-probabilities.</param>
    /// <param name="value">The objective's result for it.</param>
    /// <param name="chosenIsGreedy">Whether greedy decoding would write its chosen response.</param>
    /// <param name="share">Its share of its sample's loss: 1/questions.</param>
    internal static void Add(
        MetricSums metrics, string question, PreferenceLogProbs logProbs, ObjectiveValue value, bool chosenIsGreedy, double share)
    {
        metrics.Add(Loss, value.Loss, share);
        metrics.Add(ChosenLogProb, logProbs.Chosen.Mean);
        metrics.Add(ChosenExactMatch, chosenIsGreedy ? 1 : 0);
        if (logProbs.Rejected.Count > 0)
        {
            metrics.Add(RejectedLogProb, logProbs.Rejected.Average(r => r.Mean));
        }
        if (value is { ChosenReward: { } chosen, RejectedReward: { } rejected })
        {
            double margin = chosen - rejected;
            metrics.Add(RewardMargin, margin);
            metrics.Add(RewardAccuracy, margin > 0 ? 1 : 0);
            metrics.Add(ChosenReward, chosen);
            metrics.Add(RejectedReward, rejected);
            metrics.KeepMargin(question, margin);
        }
        if (value.PreferenceShare is { } ofComparison)
        {
            metrics.Add(PreferenceShare, ofComparison);
            metrics.KeepPreferenceShare(question, ofComparison);
        }
        if (value.PreferenceGradient is { } gradient)
        {
            metrics.Add(PreferenceGradient, gradient);
            metrics.Add(LiveComparisons, gradient >= LiveGradient ? 1 : 0);
        }
        if (logProbs.Prompt is { } prompt)
        {
            metrics.Add(PromptLogProb, prompt.Mean);
        }
        if (logProbs.KlEstimate is { } divergence)
        {
            metrics.Add(KlEstimate, divergence);
        }
    }
}
