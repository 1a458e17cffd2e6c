using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>Stage 2: what importance makes of a chunk.</summary>
static class Importance
{
    /// <summary>
    /// [chunks] what the scores say. Where none reaches the threshold, the best are relevant, unless they share nothing either.
    /// </summary>
    /// <remarks>
    /// A chunk with half of what makes one relevant is partial, so that an "irrelevant" context is never the tail of the relevant one.
    /// </remarks>
    internal static ChunkRole[] Roles(IReadOnlyList<double> scores, double threshold)
    {
        double needed = Math.Min(scores.Max(), threshold);
        return
        [
            .. scores.Select(s =>
                s <= 0 ? ChunkRole.Irrelevant
                : s >= needed ? ChunkRole.Relevant
                : 2 * s >= needed ? ChunkRole.Partial
                : ChunkRole.Irrelevant),
        ];
    }
}
