using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Training.Pretraining;

/// <summary>Pre-training from random weights: a curriculum of sequences, weighted log-likelihood.</summary>
/// <param name="maker">Makes the sequences.</param>
/// <param name="phases">One after the other.</param>
/// <param name="microBatchTokens">Sequences are packed into one tree until it has so many tokens.</param>
/// <param name="seed">Each sequence draws from (seed, step, number).</param>
public sealed class PretrainingWork(SequenceMaker maker, IReadOnlyList<PretrainingPhase> phases, int microBatchTokens, int seed)
    : ITrainingWork
{
    /// <summary>Weighted negative log-likelihood, in nats.</summary>
    public const string Loss = "loss";

    /// <summary>Share of answers whose every token is the most likely one.</summary>
    public const string AnswerExactMatch = "answer_exact_match";

    // Held-out documents: enough that a percentage means something, few enough to be scored in a second.
    const int HeldOutDocuments = 48;

    /// <inheritdoc/>
    public IEnumerable<MicroStep> MicroSteps(int stepNumber)
    {
        PretrainingPhase phase = PhaseOf(stepNumber);
        List<WeightedTokens> sequences = [];
        for (int tokens = 0; tokens < phase.TokensPerStep; tokens += sequences[^1].Tokens.Count)
        {
            SeededRandom random = SeededRandom.For(seed, $"pretraining step {stepNumber}", sequences.Count);
            sequences.Add(maker.Make(ref random, phase, random.Pick(phase.Lengths), NeedleSplit.Training));
        }
        return WeightedBatches.Pack(sequences, microBatchTokens);
    }

    /// <summary>Documents whose keys training never sees, with every answer's tokens scored alike.</summary>
    public IEnumerable<MicroStep> HeldOut()
    {
        PretrainingPhase last = phases[^1];
        List<WeightedTokens> sequences = [];
        for (int i = 0; i < HeldOutDocuments; i++)
        {
            SeededRandom random = SeededRandom.For(seed, "pretraining held out", i);
            sequences.Add(maker.Needles(ref random, last.Lengths.Max(), last.MostNeedles, NeedleSplit.Evaluation));
        }
        return WeightedBatches.Pack(sequences, microBatchTokens);
    }

    PretrainingPhase PhaseOf(int stepNumber)
    {
        int left = stepNumber;
        foreach (PretrainingPhase phase in phases)
        {
            if (left <= phase.Steps)
            {
                return phase;
            }
            left -= phase.Steps;
        }
        throw new ArgumentOutOfRangeException(nameof(stepNumber), $"Step {stepNumber} is after the last phase.");
    }
}
