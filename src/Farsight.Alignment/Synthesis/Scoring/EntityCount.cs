namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>The paper's score: how many entities a chunk shares with question and answer. δ = 6.</summary>
/// <remarks>The authors' code takes the union of the question's entities and the gold answer's, each counted once.</remarks>
public sealed class EntityCount(IEntityRecognizer recognizer) : IChunkScorer
{
    /// <inheritdoc/>
    public string Name => "entities";

    /// <inheritdoc/>
    public double Threshold => 6;

    /// <inheritdoc/>
    public IChunkScores Read(IReadOnlyList<string> chunks, CancellationToken cancel) => new Sets(recognizer, [.. chunks.Select(recognizer.Entities)]);

    sealed class Sets(IEntityRecognizer recognizer, IReadOnlySet<string>[] chunks) : IChunkScores
    {
        public double[] Scores(string question, string answer, CancellationToken cancel)
        {
            IReadOnlySet<string> wanted = recognizer.Entities($"{question}\n{answer}");
            return [.. chunks.Select(chunk => (double)wanted.Count(chunk.Contains))];
        }
    }
}
