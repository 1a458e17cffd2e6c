using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Alignment.Training;

/// <summary>What a training loop needs of a model.</summary>
public interface ITrainable
{
    /// <summary>What training changes, always in the same order.</summary>
    IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Computes the log-probabilities of the scored tokens and keeps what <see cref="ITreePass.Backward"/> needs.</summary>
    ITreePass Forward(TokenTree tree);

    /// <summary>As <see cref="Forward"/>, but keeps nothing for a backward pass.</summary>
    ITreePass Evaluate(TokenTree tree);
}

/// <summary>One forward pass over a tree.</summary>
public interface ITreePass : IDisposable
{
    /// <summary>[Scored] log-probability of each scored token, in nats.</summary>
    ReadOnlySpan<float> LogProbs { get; }

    /// <summary>[Scored] the token with the largest logit at each scored token's row.</summary>
    ReadOnlySpan<int> TopTokens { get; }

    /// <summary>Adds to every parameter's gradient.</summary>
    /// <param name="dLogProbs">[Scored] derivative of the loss by each log-probability.</param>
    void Backward(ReadOnlySpan<float> dLogProbs);
}
