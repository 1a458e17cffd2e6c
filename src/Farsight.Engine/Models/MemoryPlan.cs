using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Bytes that a training run will hold at most, part by part, computed before it starts.</summary>
/// <remarks>What passes take is exact, the rest but for the runtime and the kernels' own buffers too; those two are estimates from
/// above.</remarks>
/// <param name="Weights">Frozen weights, in memory or mapped. Mapped pages can be read again from the file, so they are the first that a
/// system takes back.</param>
/// <param name="Adapter">What is trained in the layers: values and gradients.</param>
/// <param name="Embeddings">Trained embeddings, values and gradients of the rows that may be touched.</param>
/// <param name="Optimizer">Moments of both.</param>
/// <param name="Activations">What a pass keeps from forward to backward.</param>
/// <param name="Scratch">What a pass needs inside a layer, and kernels for tiles and packed panels.</param>
/// <param name="Runtime">.NET, code, and the samples.</param>
public sealed record MemoryPlan(long Weights, long Adapter, long Embeddings, long Optimizer, long Activations, long Scratch, long Runtime)
{
    // Measured: .NET with a command line, compiled code and a small heap.
    const long RuntimeBytes = 90L << 20;

    // Floats: a tile of logits; what a thread packs of a product; lanes and keys of a thread's attention, for each of the head dim.
    const long LogitsTile = 512 * 2048, Packed = 256 * (768 + 208), AttentionRows = 5 * (256 + 96);

    /// <summary>Bytes of all parts.</summary>
    public long Total => Weights + Adapter + Embeddings + Optimizer + Activations + Scratch + Runtime;

    /// <summary>Plans a run.</summary>
    /// <param name="shape">The run.</param>
    /// <param name="size">Its largest tree.</param>
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

    /// <summary>Floats that kernels take beside their arguments.</summary>
    static long Kernels(TrainingShape shape, TreeSize size)
    {
        ModelConfig c = shape.Config;
        // Where heads are few, attention's backward has key gradients for up to four parts.
        long parts = Math.Max(0, 4 / c.NumKeyValueHeads - 1);
        return LogitsTile + Workers.Threads * (Packed + AttentionRows * c.HeadDim) + parts * 2 * size.Rows * c.NumKeyValueHeads * c.HeadDim;
    }
}
