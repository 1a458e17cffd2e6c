using Farsight.Engine.Models;

namespace Farsight.Alignment.Training.Pretraining;

/// <summary>Packs weighted sequences into micro-steps.</summary>
/// <remarks>Loss of a step: Σ weight · (−log π(token)) / Σ weight over all its sequences.</remarks>
static class WeightedBatches
{
    /// <summary>Packs sequences into trees, in their order.</summary>
    /// <param name="sequences">The sequences of a step.</param>
    /// <param name="microBatchTokens">Maximum tokens per tree; a longer sequence gets its own.</param>
    internal static IEnumerable<MicroStep> Pack(IReadOnlyList<WeightedTokens> sequences, int microBatchTokens)
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
                metrics.Add(PretrainingWork.Loss, loss / TotalWeight(sequence), TotalWeight(sequence));
            }
            foreach ((int start, int count) in sequence.Answers)
            {
                metrics.Add(PretrainingWork.AnswerExactMatch, right.AsSpan(start, count).Contains(false) ? 0 : 1);
            }
        }
    }
}
