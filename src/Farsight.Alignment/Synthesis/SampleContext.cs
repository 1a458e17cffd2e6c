using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>A context with its question, before anybody has answered.</summary>
/// <param name="At">Which sample, which try.</param>
/// <param name="Origin">Where the question is from.</param>
/// <param name="Chunks">[N] with scores and roles, in document order.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Gold">The known answer, or the one that the writer of the question gave.</param>
/// <param name="GoldChunks">The chunks that answer, as far as is known.</param>
/// <param name="Facts">What was put in; empty for other questions.</param>
/// <param name="Asked">The fact that is asked for; null for other questions.</param>
/// <param name="FoundByScores">Whether the scores alone make <paramref name="GoldChunks"/> relevant.</param>
sealed record SampleContext(
    SampleTry At, QuestionOrigin Origin, IReadOnlyList<ContextChunk> Chunks, string Question, string Gold, IReadOnlyList<int> GoldChunks,
    IReadOnlyList<PlacedFact> Facts, PlacedFact? Asked, bool FoundByScores)
{
    /// <summary>Numbers of the chunks of a role, ascending.</summary>
    internal int[] Of(ChunkRole role) => [.. Enumerable.Range(0, Chunks.Count).Where(i => Chunks[i].Role == role)];
}

/// <summary>What came of drawing a context.</summary>
/// <param name="Context">Null where none could be made.</param>
/// <param name="Dropped">Why; null for a context.</param>
sealed record DrawnContext(SampleContext? Context, string? Dropped);
