using Farsight.Alignment.Fiction;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Training.Pretraining;

/// <summary>Pre-training from random weights: a curriculum of sequences, weighted log-likelihood.</summary>
/// <remarks>Loss of a step: Σ weight · (−log π(token)) / Σ weight over all its sequences.</remarks>
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
        return Pack(sequences);
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
        return Pack(sequences);
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

    IEnumerable<MicroStep> Pack(List<WeightedTokens> sequences)
    {
        double total = sequences.Sum(TotalWeight);
        for (int next = 0; next < sequences.Count;)
        {
            TokenTreeBuilder tree = new();
            List<WeightedTokens> inTree = [];
            int tokens = 0;
            do
            {
                sequences[next].AddTo(tree);
                inTree.Add(sequences[next]);
                tokens += sequences[next++].Tokens.Count;
            }
            while (next < sequences.Count && tokens + sequences[next].Tokens.Count <= microBatchTokens);
            yield return new(tree.Build(), (pass, dLogProbs, metrics) => Evaluate(inTree, total, pass, dLogProbs, metrics));
        }
    }

    static double TotalWeight(WeightedTokens sequence) =>
        Enumerable.Range(0, sequence.Tokens.Count).Where(sequence.IsScored).Sum(i => (double)sequence.Weights[i]);

    static void Evaluate(IReadOnlyList<WeightedTokens> sequences, double total, ITreePass pass, Span<float> dLogProbs, MetricSums metrics)
    {
        int next = 0;
        foreach (WeightedTokens sequence in sequences)
        {
            int first = next;
            double loss = 0;
            bool[] right = new bool[sequence.Tokens.Count];
            for (int i = 0; i < sequence.Tokens.Count; i++)
            {
                if (sequence.IsScored(i))
                {
                    dLogProbs[next] = (float)(-sequence.Weights[i] / total);
                    loss -= (double)sequence.Weights[i] * pass.LogProbs[next];
                    right[i] = pass.TopTokens[next++] == sequence.Tokens[i];
                }
            }
            if (next > first)
            {
                metrics.Add(Loss, loss / TotalWeight(sequence), TotalWeight(sequence));
            }
            foreach ((int start, int count) in sequence.Answers)
            {
                metrics.Add(AnswerExactMatch, right.AsSpan(start, count).Contains(false) ? 0 : 1);
            }
        }
    }
}
