using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Training;

/// <summary>Converts between the engine's scored tokens and an objective's sequences.</summary>
public static class PreferenceBridge
{
    /// <summary>Sums the scored tokens of a question's nodes over all its turns, in double.</summary>
    /// <param name="tree">The tree that the question is in.</param>
    /// <param name="nodes">Where.</param>
    /// <param name="logProbs">One a scored token, in the order of <see cref="TokenTree.Scored"/>; nats.</param>
    /// <param name="reference">The same question under the reference, or null.</param>
    public static PreferenceLogProbs Read(
        TokenTree tree, SampleNodes nodes, ReadOnlySpan<float> logProbs, PreferenceLogProbs? reference = null)
    {
        SequenceLogProb[] rejected = new SequenceLogProb[nodes.Rejected.Count];
        for (int j = 0; j < rejected.Length; j++)
        {
            rejected[j] = Sum(tree, nodes.Turns.Select(t => t.Rejected[j]), logProbs);
        }
        SequenceLogProb prompt = Sum(tree, nodes.Prompts, logProbs);
        return new(Sum(tree, nodes.Turns.Select(t => t.Chosen), logProbs), rejected, reference, prompt.Tokens == 0 ? null : prompt);
    }

    /// <summary>Gives every scored token of a question the derivative of its sequence: ∂Loss/∂logProb(token) = ∂Loss/∂Sum.</summary>
    /// <param name="tree">The tree that the question is in.</param>
    /// <param name="nodes">Where.</param>
    /// <param name="value">The objective's result for this question.</param>
    /// <param name="weight">The question's share of the step's loss: 1/(samples · questions of its sample) for their mean.</param>
    /// <param name="dLogProbs">One a scored token; accumulated, not overwritten: what questions share gets the sum of theirs.</param>
    public static void Spread(TokenTree tree, SampleNodes nodes, ObjectiveValue value, double weight, Span<float> dLogProbs)
    {
        foreach (int prompt in nodes.Prompts)
        {
            Accumulate(Scored(tree, prompt, dLogProbs), weight * value.DPrompt);
        }
        foreach (SampleNodes turn in nodes.Turns)
        {
            Accumulate(Scored(tree, turn.Chosen, dLogProbs), weight * value.DChosen);
            for (int j = 0; j < turn.Rejected.Count; j++)
            {
                if (value.DSampled is { } tokens)
                {
                    Accumulate(Scored(tree, turn.Rejected[j], dLogProbs), tokens[j], weight);
                }
                else
                {
                    Accumulate(Scored(tree, turn.Rejected[j], dLogProbs), weight * value.DRejected[j]);
                }
            }
        }
    }

    /// <summary>Returns the log-probability of each token of a response.</summary>
    /// <param name="tree">The tree that it is in.</param>
    /// <param name="node">Where.</param>
    /// <param name="logProbs">One a scored token; nats.</param>
    internal static double[] ReadTokens(TokenTree tree, int node, ReadOnlySpan<float> logProbs)
    {
        double[] tokens = new double[tree.Nodes[node].ScoredCount];
        for (int t = 0; t < tokens.Length; t++)
        {
            tokens[t] = Scored(tree, node, logProbs)[t];
        }
        return tokens;
    }

    /// <summary>Adds a derivative of its own to each of some scored tokens.</summary>
    /// <param name="dLogProbs">Those of the scored tokens; accumulated.</param>
    /// <param name="derivatives">One for each.</param>
    /// <param name="weight">Factor on all.</param>
    internal static void Accumulate(Span<float> dLogProbs, double[] derivatives, double weight)
    {
        for (int t = 0; t < derivatives.Length; t++)
        {
            dLogProbs[t] += (float)(weight * derivatives[t]);
        }
    }

    static ReadOnlySpan<float> Scored(TokenTree tree, int node, ReadOnlySpan<float> values) =>
        values.Slice(tree.Nodes[node].FirstScored, tree.Nodes[node].ScoredCount);

    static Span<float> Scored(TokenTree tree, int node, Span<float> values) =>
        values.Slice(tree.Nodes[node].FirstScored, tree.Nodes[node].ScoredCount);

    static SequenceLogProb Sum(TokenTree tree, IEnumerable<int> nodes, ReadOnlySpan<float> logProbs)
    {
        double sum = 0;
        int tokens = 0;
        foreach (int node in nodes)
        {
            foreach (float logProb in Scored(tree, node, logProbs))
            {
                sum += logProb;
                tokens++;
            }
        }
        return new(sum, tokens);
    }

    static void Accumulate(Span<float> dLogProbs, double derivative)
    {
        foreach (ref float dLogProb in dLogProbs)
        {
            dLogProb += (float)derivative;
        }
    }
}
