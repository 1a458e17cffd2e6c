namespace Farsight.Engine.Inference;

/// <summary>
/// Decodes prompts and scores continuations in place of <see cref="PromptDecoder"/> and <see cref="ContinuationScorer"/>.
/// </summary>
public interface ITokenDecoder
{
    /// <summary>Device, libraries and number format, for people and for records.</summary>
    string Description { get; }

    /// <inheritdoc cref="PromptDecoder.Run"/>
    void Decode(
        IReadOnlyList<IReadOnlyList<int>> prompts,
        IReadOnlyList<int> maxNewTokens,
        TokenChoice choose,
        IReadOnlyList<IReadOnlyList<int>?>? positions = null,
        CancellationToken cancel = default);

    /// <inheritdoc cref="ContinuationScorer.Score"/>
    IReadOnlyList<ContinuationScore> Score(IReadOnlyList<ScoringRequest> requests, CancellationToken cancel = default);
}
