using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>Stage 2: turns importance scores into roles.</summary>
public static class Importance
{
    /// <summary>
    /// [chunks] Assigns roles by score. If no score reaches the threshold, the best chunks are relevant, unless their score is 0.
    /// </summary>
    /// <remarks>
    /// A chunk with half of the required score is partial, so that an "irrelevant" context is never the tail of the relevant one.
    /// </remarks>
    public static ChunkRole[] Roles(IReadOnlyList<double> scores, double threshold)
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
