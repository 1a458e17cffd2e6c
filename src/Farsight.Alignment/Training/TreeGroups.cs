namespace Farsight.Alignment.Training;

/// <summary>Groups consecutive samples that share a tree.</summary>
static class TreeGroups
{
    /// <summary>Returns the groups in order; a sample that is longer than the limit has a tree of its own.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="tokensOf">Returns the tokens of a sample.</param>
    /// <param name="most">Maximum tokens per tree.</param>
    internal static IEnumerable<List<T>> Of<T>(IEnumerable<T> samples, Func<T, int> tokensOf, int most)
    {
        List<T> inTree = [];
        int tokens = 0;
        foreach (T sample in samples)
        {
            int more = tokensOf(sample);
            if (inTree.Count > 0 && tokens + more > most)
            {
                yield return inTree;
                (inTree, tokens) = ([], 0);
            }
            inTree.Add(sample);
            tokens += more;
        }
        if (inTree.Count > 0)
        {
            yield return inTree;
        }
    }
}
