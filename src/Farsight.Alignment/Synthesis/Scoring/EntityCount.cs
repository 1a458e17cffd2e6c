namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Scores chunks as the paper does: by the number of entities shared with question and answer. δ = 6.</summary>
/// <remarks>The authors' code uses the union of the question's and the gold answer's entities, without duplicates.</remarks>
sealed class EntityCount : IChunkScorer
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

/// <summary>Represents chunks as sets of entities; the score is the number of entities shared with question and answer.</summary>
/// <param name="chunks">[N] Hashes of each chunk's entities.</param>
/// <param name="wanted">Returns the entities of a question and its answer.</param>
sealed class EntitySets(HashSet<ulong>[] chunks, Func<string, string, CancellationToken, HashSet<ulong>> wanted) : IChunkScores
{
    /// <inheritdoc/>
    public double[] Scores(string question, string answer, CancellationToken cancel)
    {
        HashSet<ulong> entities = wanted(question, answer, cancel);
        return [.. chunks.Select(chunk => (double)entities.Count(chunk.Contains))];
    }
}
