using Farsight.Engine.Models;

namespace Farsight.Workflows.Train;

/// <summary>Represents the ranks that a run is planned for.</summary>
/// <param name="Count">N: all ranks.</param>
/// <param name="Context">C: ranks that divide the rows of one tree; N is a multiple of it.</param>
public readonly record struct PlannedRanks(int Count, int Context)
{
    /// <summary>One process.</summary>
    public static PlannedRanks One { get; } = new(1, 1);

    /// <summary>D: groups of ranks that compute different micro-steps.</summary>
    public int Data => Count / Context;
}

/// <summary>Represents the bytes that the busiest rank sends in a step.</summary>
/// <param name="Keys">Keys and values of its rows to the other context ranks, and their gradients back.</param>
/// <param name="Gradients">Gradients of trained parameters: sums over context ranks, running sums between micro-steps, final sums.</param>
public readonly record struct RankTraffic(double Keys, double Gradients)
{
    /// <summary>All bytes.</summary>
    public double Total => Keys + Gradients;

    /// <summary>Computes the bytes of a step.</summary>
    /// <remarks>
    /// With C context ranks, a rank sends 2 · 4 · W · T · (C − 1) / C bytes per layer and exchange of a tree of T rows with keys of width
    /// W. There are three exchanges: keys and values in forward, again in backward, and their gradients; a fourth where backward computes
    /// the layer again. The trained parameters take G bytes. Context ranks add them once per step: 2 · G · (C − 1) / C per rank. A data
    /// rank sends the running sums after each of its micro-steps, but the last of the step. The final sums travel along a tree: the rank of
    /// the last micro-step sends them ⌈log₂ D⌉ times, and another rank forwards them fewer times.
    /// </remarks>
    /// <param name="config">The model.</param>
    /// <param name="treeRows">T of each micro-step of the step.</param>
    /// <param name="gradientBytes">G.</param>
    /// <param name="ranks">The ranks.</param>
    /// <param name="level">What backward computes again.</param>
    public static RankTraffic Of(
        ModelConfig config, IReadOnlyList<int> treeRows, long gradientBytes, PlannedRanks ranks, Recomputation level)
    {
        int exchanges = level is Recomputation.None or Recomputation.Mlp ? 3 : 4;
        double others = (ranks.Context - 1.0) / ranks.Context, keyBytes = 2.0 * sizeof(float) * config.NumKeyValueHeads * config.HeadDim;
        double busiest = Enumerable.Range(0, ranks.Data).Max(d => Of(d, treeRows).Sum(rows => (double)rows));
        int levels = (int)Math.Ceiling(Math.Log2(ranks.Data)), last = (treeRows.Count - 1) % ranks.Data;
        int relayed = levels == 0 ? 0 : Enumerable.Range(0, ranks.Data).Max(
            d => Of(d, treeRows.SkipLast(1)).Count() + (d == last ? levels : levels - 1));
        return new(
            exchanges * config.NumHiddenLayers * keyBytes * busiest * others,
            gradientBytes * (2 * others + relayed));

        IEnumerable<int> Of(int data, IEnumerable<int> trees) => trees.Where((_, i) => i % ranks.Data == data);
    }

    /// <summary>Returns the seconds at a bandwidth in bits per second.</summary>
    public double Seconds(double bandwidth) => 8 * Total / bandwidth;
}
