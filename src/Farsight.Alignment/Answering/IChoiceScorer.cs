namespace Farsight.Alignment.Answering;

/// <summary>Says how likely given answers are: the local model, or a script in its place.</summary>
public interface IChoiceScorer
{
    /// <summary>Scores all choices of all examples.</summary>
    /// <param name="requests">Each with a prompt of at least one token and continuations of at least one token each.</param>
    /// <param name="cancellationToken">Checked between two passes of the model.</param>
    /// <returns>[requests][continuations] in their order.</returns>
    /// <exception cref="ArgumentException">A prompt or a continuation is empty.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    IReadOnlyList<ChoiceLogProb[]> Score(IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken);
}

/// <summary>A prompt and the answers to compare.</summary>
/// <param name="Prompt">Token ids.</param>
/// <param name="Continuations">Token ids of each answer, as they follow the prompt.</param>
public sealed record ChoiceRequest(IReadOnlyList<int> Prompt, IReadOnlyList<IReadOnlyList<int>> Continuations);

/// <summary>How likely an answer is.</summary>
/// <param name="LogProb">Sum over its tokens; nats.</param>
/// <param name="Tokens">How many it has.</param>
/// <param name="IsGreedy">Whether each of them is the likeliest in its place, so that greedy decoding would write it.</param>
public sealed record ChoiceLogProb(double LogProb, int Tokens, bool IsGreedy);
