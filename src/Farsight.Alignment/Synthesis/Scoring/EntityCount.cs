namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>The paper's score: how many entities a chunk shares with question and answer. δ = 6.</summary>
/// <remarks>The authors' code takes the union of the question's entities and the gold answer's, each counted once.</remarks>
public sealed class EntityCount : IChunkScorer
{
    /// <inheritdoc/>
    public string Name => "entities";

    /// <inheritdoc/>
    public double Threshold => 6;

    /// <inheritdoc/>
    public IChunkScores Read(IReadOnlyList<string> chunks, CancellationToken cancel) =>
        new EntitySets(
            [.. chunks.Select(c => EntityRecognizer.Keys(c))],
            (question, answer, _) => EntityRecognizer.Keys($"{question}\n{answer}"));
}
