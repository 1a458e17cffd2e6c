using Farsight.Engine.Models;

namespace Farsight.Alignment.Training.Pretraining;

/// <summary>Represents one training sequence: tokens, and how much each counts in the loss.</summary>
/// <remarks>Weight 0 is context only. The first token is never scored, whatever its weight.</remarks>
public sealed class WeightedTokens
{
    readonly List<int> _tokens = [];
    readonly List<float> _weights = [];
    readonly List<(int Start, int Count)> _answers = [];

    /// <summary>Token ids.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>[tokens] factor on each token's negative log-likelihood.</summary>
    public IReadOnlyList<float> Weights => _weights;

    /// <summary>Ranges of tokens that are answers: right only when every one of them is the most likely token.</summary>
    public IReadOnlyList<(int Start, int Count)> Answers => _answers;

    /// <summary>Appends tokens that count alike.</summary>
    public void Add(ReadOnlySpan<int> tokens, float weight)
    {
        foreach (int token in tokens)
        {
            _tokens.Add(token);
            _weights.Add(weight);
        }
    }

    /// <summary>Declares the last <paramref name="count"/> tokens an answer.</summary>
    internal void MarkAnswer(int count) => _answers.Add((_tokens.Count - count, count));

    /// <summary>Returns whether the token's log-probability is needed.</summary>
    internal bool IsScored(int token) => token > 0 && _weights[token] > 0;

    /// <summary>Adds the sequence as a root of its own, at positions 0, 1, 2, ….</summary>
    internal int AddTo(TokenTreeBuilder tree) =>
        tree.Add(
            TokenTreeBuilder.Root,
            _tokens.ToArray(),
            [.. Enumerable.Range(0, _tokens.Count)],
            [.. Enumerable.Range(0, _tokens.Count).Select(IsScored)]);
}
