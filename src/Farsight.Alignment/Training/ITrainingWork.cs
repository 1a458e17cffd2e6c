using Farsight.Alignment.Runs;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Training;

/// <summary>Provides the work of a training loop. It can begin at any step, so a resumed run needs only the step number.</summary>
public interface ITrainingWork
{
    /// <summary>Returns the micro-steps whose gradients add up to one optimizer step.</summary>
    /// <param name="stepNumber">1 for the first step.</param>
    IEnumerable<MicroStep> MicroSteps(int stepNumber);

    /// <summary>Returns values of a step for its line of metrics.jsonl, beside those of its losses; called after its micro-steps.</summary>
    IEnumerable<KeyValuePair<string, double>> Values(int stepNumber) => [];

    /// <summary>Receives the metrics after each step, in order; in a resumed run first those of the earlier steps.</summary>
    void Observe(MetricsLine line)
    {
    }

    /// <summary>Micro-steps that are only measured, the same at every call; empty when nothing is held out.</summary>
    IEnumerable<MicroStep> HeldOut();
}

/// <summary>Represents one forward and backward pass.</summary>
/// <param name="Tree">The tokens.</param>
/// <param name="Loss">The loss, as a function of the log-probabilities.</param>
public sealed record MicroStep(TokenTree Tree, TreeLoss Loss)
{
    /// <summary>Ids of the samples in it, for messages; empty where they have none.</summary>
    public IReadOnlyList<string> Samples { get; init; } = [];
}

/// <summary>Represents the part of a step's loss that one tree contributes.</summary>
/// <remarks>Derivatives are those of the step's loss, so they already hold the division by the number of samples of the step.</remarks>
/// <param name="pass">The forward pass.</param>
/// <param name="dLogProbs">[Scored] derivative of the loss by each log-probability; zero on entry.</param>
/// <param name="metrics">Receives the logged values; "loss" must be among them.</param>
public delegate void TreeLoss(ITreePass pass, Span<float> dLogProbs, MetricSums metrics);
