using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents the peak memory of a training run in bytes, part by part, computed before the run starts.</summary>
/// <remarks>All parts are exact except the runtime and the kernels' own buffers, which are upper estimates.</remarks>
/// <param name="Weights">Frozen weights, in memory or mapped. The system frees mapped pages first when memory is short.</param>
/// <param name="Adapter">Values and gradients of the trainable parameters of the layers.</param>
/// <param name="Embeddings">Values and gradients of the embedding rows that training may touch.</param>
/// <param name="Optimizer">Moments of the trainable parameters.</param>
/// <param name="Activations">Memory that a pass keeps from forward to backward.</param>
/// <param name="Scratch">Memory inside a layer, and kernel buffers for tiles and packed panels.</param>
/// <param name="Runtime">.NET, compiled code and the samples.</param>
public sealed record MemoryPlan(long Weights, long Adapter, long Embeddings, long Optimizer, long Activations, long Scratch, long Runtime)
{
    // Measured: .NET with a command line, compiled code and a small heap.
    const long RuntimeBytes = 90L << 20;

    // Floats: a tile of logits; what a thread packs of a product; lanes and keys of a thread's attention, for each of the head dim.
    const long LogitsTile = 512 * 2048, Packed = 256 * (768 + 208), AttentionRows = 5 * (256 + 96);

    /// <summary>Total bytes.</summary>
    public long Total => Weights + Adapter + Embeddings + Optimizer + Activations + Scratch + Runtime;

    /// <summary>Plans a run.</summary>
    /// <param name="shape">Properties of the run.</param>
    /// <param name="size">Size of its largest tree.</param>
    /// <param name="level">What passes keep.</param>
    public static MemoryPlan Of(TrainingShape shape, TreeSize size, Recomputation level)
    {
        ActivationPlan pass = ActivationPlan.Of(shape.Config, size, shape.Lora, level);
        return new(
            shape.WeightBytes,
            2 * sizeof(float) * shape.AdapterValues,
            2 * sizeof(float) * shape.EmbeddingValues,
            sizeof(float) * shape.Moments,
            sizeof(float) * pass.Kept,
            sizeof(float) * (pass.Scratch + Kernels(shape, size)),
            RuntimeBytes);
    }

    /// <summary>Returns the floats that kernels allocate besides their arguments.</summary>
    static long Kernels(TrainingShape shape, TreeSize size)
    {
        ModelConfig c = shape.Config;
        // Where heads are few, attention's backward has key gradients for up to four parts.
        long parts = Math.Max(0, 4 / c.NumKeyValueHeads - 1);
        return LogitsTile
            + Workers.Threads * (Packed + AttentionRows * c.HeadDim)
            + parts * 2 * Math.Max(size.Rows, size.GatheredRows) * c.NumKeyValueHeads * c.HeadDim;
    }
}
