namespace Farsight.Alignment.Answering;

/// <summary>What a model generated.</summary>
/// <param name="Tokens">The generated ids, the stop token included when there was one.</param>
/// <param name="Text">Their text, without markers and without white space around it.</param>
/// <param name="FinishReason">Why it ended.</param>
public sealed record Completion(IReadOnlyList<int> Tokens, string Text, FinishReason FinishReason)
{
    /// <summary>Where the heads looked; null where that was not asked for.</summary>
    public HeadTrace? Heads { get; init; }
}

/// <summary>Why a completion ended.</summary>
public enum FinishReason
{
    /// <summary>A stop token was generated.</summary>
    Stop,

    /// <summary>The budget of new tokens was spent, or the context window is full.</summary>
    Length,

    /// <summary>Somebody stopped it.</summary>
    Cancelled,
}
