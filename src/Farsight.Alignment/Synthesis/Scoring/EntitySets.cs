namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Chunks as sets of entities; a score is the number of those that question and answer have too.</summary>
/// <param name="chunks">[N] hashes of each chunk's entities.</param>
/// <param name="wanted">The entities of a question and its answer.</param>
sealed class EntitySets(HashSet<ulong>[] chunks, Func<string, string, CancellationToken, HashSet<ulong>> wanted) : IChunkScores
{
    /// <inheritdoc/>
    public double[] Scores(string question, string answer, CancellationToken cancel)
    {
        HashSet<ulong> entities = wanted(question, answer, cancel);
        return [.. chunks.Select(chunk => (double)entities.Count(chunk.Contains))];
    }
}
