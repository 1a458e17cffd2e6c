using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>Represents a context with its question, before the responses are written.</summary>
/// <param name="At">The sample and the try.</param>
/// <param name="Origin">Origin of the question.</param>
/// <param name="Chunks">[N] Chunks with scores and roles, in document order.</param>
/// <param name="Question">The question.</param>
/// <param name="Gold">The known answer, or the answer of the question's writer.</param>
/// <param name="GoldChunks">Indices of the chunks that answer, as far as known.</param>
/// <param name="Facts">Inserted facts; empty for other questions.</param>
/// <param name="Asked">The requested fact; null for other questions.</param>
/// <param name="FoundByScores">Whether the scores alone make <paramref name="GoldChunks"/> relevant.</param>
sealed record SampleContext(
    SampleTry At, QuestionOrigin Origin, IReadOnlyList<ContextChunk> Chunks, string Question, string Gold, IReadOnlyList<int> GoldChunks,
    IReadOnlyList<FactInChunk> Facts, FactInChunk? Asked, bool FoundByScores)
{
    /// <summary>Whether rules found entities behind the scores, because a language model's answer had no list of them.</summary>
    public bool UsesRules { get; init; }

    /// <summary>
    /// The answer by which a response can be verified: the value of the requested fact, or a short answer that came with the question; null
    /// if none is known.
    /// </summary>
    internal string? KnownAnswer =>
        Asked?.Needle.Value ?? (Origin == QuestionOrigin.Document && AnswerAgreement.IsComparable(Gold) ? Gold : null);

    /// <summary>Returns the indices of the chunks with a role, ascending.</summary>
    internal int[] Of(ChunkRole role) => [.. Enumerable.Range(0, Chunks.Count).Where(i => Chunks[i].Role == role)];
}

/// <summary>Represents the result of drawing a context.</summary>
/// <param name="Context">The context; null if none could be made.</param>
/// <param name="Dropped">The reason; null if there is a context.</param>
sealed record DrawnContext(SampleContext? Context, string? Dropped);
