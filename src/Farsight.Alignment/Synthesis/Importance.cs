using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>Stage 2: how important chunks are for a question, by the entities they share with it.</summary>
static class Importance
{
    /// <summary>[chunks] entities that each shares with question and answer.</summary>
    internal static int[] Scores(IReadOnlySet<string> wanted, IEnumerable<IReadOnlySet<string>> chunks) =>
        [.. chunks.Select(chunk => wanted.Count(chunk.Contains))];

    /// <summary>[chunks] what the scores say. Where none reaches the threshold, the best are relevant, unless they share nothing either.</summary>
    /// <remarks>
    /// A chunk with half of what makes one relevant is partial, so that an "irrelevant" context is never the tail of the relevant one.
    /// </remarks>
    internal static ChunkRole[] Roles(IReadOnlyList<int> scores, int threshold)
    {
        int best = scores.Max(), needed = Math.Max(1, Math.Min(best, threshold));
        return [.. scores.Select(s => s >= needed ? ChunkRole.Relevant : 2 * s >= needed && s > 0 ? ChunkRole.Partial : ChunkRole.Irrelevant)];
    }
}
