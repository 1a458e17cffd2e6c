using System.Diagnostics.CodeAnalysis;

namespace Farsight.Alignment.Objectives;

/// <summary>Represents the log-probability of one response given its prompt, or of a prompt's tokens after the first.</summary>
/// <param name="Sum">Σ over the scored tokens of log π(token), in nats; the prompt's tokens are never in a response's sum.</param>
/// <param name="Tokens">The number of tokens in the sum, at least 1.</param>
public readonly record struct SequenceLogProb(double Sum, int Tokens)
{
    /// <summary>Nats per token.</summary>
    public double Mean => Sum / Tokens;

    /// <summary>Adds two sequences.</summary>
    public static SequenceLogProb operator +(SequenceLogProb a, SequenceLogProb b) => new(a.Sum + b.Sum, a.Tokens + b.Tokens);
}

/// <summary>
/// Represents a question after the forward pass: a chosen response and the rejected ones that the objective uses.
/// </summary>
/// <param name="Chosen">Under the policy being trained.</param>
/// <param name="Rejected">Under the policy; M of them, none for the SFT objectives.</param>
/// <param name="Reference">The same sequences under the frozen model, in the same order; null for reference-free objectives.</param>
/// <param name="Prompt">The prompt's tokens after the first, for losses over the whole sequence; null when they were not scored.</param>
public sealed record PreferenceLogProbs(
    SequenceLogProb Chosen,
    IReadOnlyList<SequenceLogProb> Rejected,
    PreferenceLogProbs? Reference = null,
    SequenceLogProb? Prompt = null)
{
    /// <summary>
    /// Gets the responses after the short context: under the policy, with their own <see cref="Reference"/>; null if they were not run.
    /// </summary>
    [SuppressMessage("Naming", "CA1720", Justification = "Short and long contexts are the methods' terms.")]
    public PreferenceLogProbs? Short { get; init; }

    /// <summary>Gets the estimated divergence of the policy from the reference, in nats, ≥ 0; null if it was not estimated.</summary>
    public double? KlEstimate { get; init; }

    /// <summary>Gets the responses that the policy sampled, [G]; empty for objectives that sample none, and for held-out samples.</summary>
    public IReadOnlyList<SampledLogProbs> Sampled { get; init; } = [];

    /// <summary>Gets the teacher's most likely tokens at each token of the chosen response; empty without a teacher.</summary>
    public IReadOnlyList<DistilledToken> Distilled { get; init; } = [];

    /// <summary>Returns the same with the first rejected responses only.</summary>
    /// <param name="count">How many are kept; null for all.</param>
    internal PreferenceLogProbs WithRejected(int? count) => count is not { } kept
        ? this
        : this with { Rejected = [.. Rejected.Take(kept)], Reference = Reference?.WithRejected(kept) };

    /// <summary>Several turns as one example: chosen responses added up, and the first rejected ones, the second ones and so on.</summary>
    /// <remarks>Source: arXiv:2502.13922, Eq. 13.</remarks>
    /// <param name="turns">At least one, with as many rejected responses as are asked for.</param>
    /// <param name="rejectedResponses">How many of the rejected responses of each turn count, the first
    /// ones; null for as many as every turn has.</param>
    public static PreferenceLogProbs OverTurns(IReadOnlyList<PreferenceLogProbs> turns, int? rejectedResponses)
    {
        int rejected = rejectedResponses ?? turns.Min(t => t.Rejected.Count);
        return new(
            turns.Select(t => t.Chosen).Aggregate((a, b) => a + b),
            [.. Enumerable.Range(0, rejected).Select(j => turns.Select(t => t.Rejected[j]).Aggregate((a, b) => a + b))]);
    }
}

/// <summary>Represents a loss and its derivatives by each sequence's summed log-probability.</summary>
/// <param name="Loss">In nats.</param>
/// <param name="DChosen">∂Loss/∂Chosen.Sum</param>
/// <param name="DRejected">∂Loss/∂Rejected[j].Sum, [M]</param>
/// <param name="ChosenReward">Implicit reward, for the log only; null where the objective has none.</param>
/// <param name="RejectedReward">Mean implicit reward of the rejected responses, weighted as the loss weights them, for the log only; null
/// where the objective has none.</param>
/// <param name="DPrompt">∂Loss/∂Prompt.Sum; 0 when the prompt is not part of the loss.</param>
public sealed record ObjectiveValue(
    double Loss, double DChosen, double[] DRejected, double? ChosenReward = null, double? RejectedReward = null, double DPrompt = 0)
{
    /// <summary>Gets the part of <see cref="DChosen"/> that comes from the comparison; null where nothing is compared.</summary>
    public double? DChosenOfComparison { get; init; }

    /// <summary>
    /// Gets the derivative of the comparison's loss by the margin, without its sign: σ(−z) of a logistic loss, in [0, 1]. Near 0 the
    /// sample teaches no preference any more. Null where nothing is compared, and for IPO, whose derivative has no limit.
    /// </summary>
    public double? PreferenceGradient { get; init; }

    /// <summary>Gets the derivatives by the sums of <see cref="PreferenceLogProbs.Short"/>; null where they are not part of the
    /// loss.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "Short and long contexts are the methods' terms.")]
    public ShortDerivatives? Short { get; init; }

    /// <summary>Gets the derivatives by each token of each sampled response, [G][tokens]; null where nothing was sampled.</summary>
    public double[][]? DSampled { get; init; }

    /// <summary>Gets the derivatives by the policy's log-probabilities of <see cref="PreferenceLogProbs.Distilled"/>, [tokens][k]; null
    /// without a teacher.</summary>
    public double[][]? DDistilled { get; init; }

    /// <summary>
    /// Gets how much of the chosen response's gradient comes from the comparison, in [0, 1]; null where nothing is compared.
    /// </summary>
    public double? PreferenceShare =>
        DChosenOfComparison is not { } part ? null
        : part == 0 ? 0
        : Math.Abs(part) / (Math.Abs(part) + Math.Abs(DChosen - part));
}

/// <summary>Represents the derivatives of a loss by the sums after the short context.</summary>
/// <param name="DChosen">∂Loss/∂Short.Chosen.Sum</param>
/// <param name="DRejected">∂Loss/∂Short.Rejected[j].Sum, [M]</param>
public sealed record ShortDerivatives(double DChosen, double[] DRejected);

/// <summary>Represents a response that the policy sampled. All but <paramref name="Policy"/> are constants of the loss.</summary>
/// <param name="Policy">[T] log-probability of each token under the policy, in nats.</param>
/// <param name="Sampling">[T] the same when it was sampled.</param>
/// <param name="Teacher">[T] the same then, after the short context; null if it was not read.</param>
/// <param name="Reference">[T] the same under the model before training; null without a reference.</param>
/// <param name="Reward">Verified reward; null if it was not computed.</param>
public sealed record SampledLogProbs(
    double[] Policy, double[] Sampling, double[]? Teacher = null, double[]? Reference = null, double? Reward = null);

/// <summary>Represents the distributions of teacher and policy at one token of a response.</summary>
/// <param name="Teacher">[k] log-probabilities of the teacher's most likely tokens, in nats; a constant of the loss.</param>
/// <param name="Policy">[k] the policy's of the same tokens.</param>
public sealed record DistilledToken(double[] Teacher, double[] Policy);
