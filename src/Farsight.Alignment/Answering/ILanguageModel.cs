namespace Farsight.Alignment.Answering;

/// <summary>Represents a language model that completes prompts and scores continuations, in this process or behind an endpoint.</summary>
/// <remarks>
/// This is the only interface through which the toolkit asks a model: synthesis, evaluation, judging, chat, generation and the training
/// watch use it. Prefixes that the prompts of a call share are found and computed once by the implementation. Implementations accept calls
/// from any number of threads.
/// </remarks>
public interface ILanguageModel
{
    /// <summary>The model's name, as records and samples store it. Never an absolute path.</summary>
    string Name { get; }

    /// <summary>Tokens that a prompt and its completion can have together; null where it is not known.</summary>
    int? ContextWindow { get; }

    /// <summary>Gets the abilities of the model, and how many requests are worth sending at a time.</summary>
    ModelCapabilities Capabilities { get; }

    /// <summary>Completes prompts. Equal lists of requests get equal completions.</summary>
    /// <param name="requests">The requests; all of them belong to one batch.</param>
    /// <param name="cancellationToken">Ends every completion where it is; the text so far is returned with
    /// <see cref="FinishReason.Cancelled"/>.</param>
    /// <returns>[requests] completions in the order of the requests.</returns>
    /// <exception cref="ArgumentException">The positions of a prompt do not fit its tokens.</exception>
    /// <exception cref="Engine.InputException">A request cannot be answered: the prompt does not fit, an option is out of range, the model
    /// does not support it, or an endpoint gave no answer. No completion of the call is returned then.</exception>
    Task<IReadOnlyList<Completion>> CompleteAsync(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken = default);

    /// <summary>Computes how likely given continuations are.</summary>
    /// <param name="requests">Each has a prompt of at least one token and continuations of at least one token.</param>
    /// <param name="cancellationToken">Checked between two passes of the model.</param>
    /// <returns>[requests][continuations] in their order.</returns>
    /// <exception cref="NotSupportedException"><see cref="ModelCapabilities.ScoresContinuations"/> is false.</exception>
    /// <exception cref="ArgumentException">A prompt or a continuation is empty, or positions do not fit the prompt.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    Task<IReadOnlyList<ChoiceLogProb[]>> ScoreAsync(
        IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"{Name} returns no log-probabilities of given continuations.");
}

/// <summary>Describes what a model can do.</summary>
public sealed record ModelCapabilities
{
    /// <summary>Accepts prompts of token ids and raw text. A model without it accepts chat turns only.</summary>
    public bool AcceptsTokens { get; init; }

    /// <summary>Implements <see cref="ILanguageModel.ScoreAsync"/>.</summary>
    public bool ScoresContinuations { get; init; }

    /// <summary>Fills <see cref="Completion.Heads"/> on request.</summary>
    public bool ObservesHeads { get; init; }

    /// <summary>
    /// Decodes the requests of one call together. The last bits of a completion may then depend on the other requests of the call, so a
    /// resumed run must form the same lists. Without it requests do not affect each other and are best sent one per call.
    /// </summary>
    public bool IsBatched { get; init; }

    /// <summary>Whether the requests go to a server, which refuses prompts beyond its window and numbers the tokens itself.</summary>
    public bool IsRemote { get; init; }

    /// <summary>Number of calls worth having in progress at a time.</summary>
    public int Concurrency { get; init; } = 1;
}

/// <summary>Represents a prompt and the continuations to compare.</summary>
/// <param name="Prompt">[P] token ids.</param>
/// <param name="Continuations">Token ids of each continuation.</param>
public sealed record ChoiceRequest(IReadOnlyList<int> Prompt, IReadOnlyList<IReadOnlyList<int>> Continuations)
{
    /// <summary>
    /// [at least P] positions of the prompt's tokens and of those after it, strictly increasing and 0 or more; tokens after the last one
    /// continue in steps of 1. Null for 0, 1, 2, ….
    /// </summary>
    public IReadOnlyList<int>? Positions { get; init; }
}

/// <summary>Represents the log-probability of a continuation.</summary>
/// <param name="LogProb">Sum over its tokens, in nats.</param>
/// <param name="Tokens">Number of its tokens.</param>
/// <param name="IsGreedy">Whether each token is the most likely one in its place, so that greedy decoding would generate it.</param>
public sealed record ChoiceLogProb(double LogProb, int Tokens, bool IsGreedy);
