using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>A context with its question, before anybody has answered.</summary>
/// <param name="Index">The sample's number in the run.</param>
/// <param name="Chunks">[N] with scores and roles, in document order.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Gold">The answer.</param>
/// <param name="GoldChunk">The chunk that answers, as far as is known.</param>
/// <param name="Facts">What was put in; empty for a document's own question.</param>
/// <param name="Asked">The fact that is asked for; null for a document's own question.</param>
/// <param name="FoundByScores">Whether the scores alone make <paramref name="GoldChunk"/> relevant.</param>
sealed record SampleContext(
    int Index, IReadOnlyList<ContextChunk> Chunks, string Question, string Gold, int GoldChunk,
    IReadOnlyList<PlacedFact> Facts, PlacedFact? Asked, bool FoundByScores)
{
    /// <summary>Numbers of the chunks of a role, ascending.</summary>
    internal int[] Of(ChunkRole role) => [.. Enumerable.Range(0, Chunks.Count).Where(i => Chunks[i].Role == role)];
}
