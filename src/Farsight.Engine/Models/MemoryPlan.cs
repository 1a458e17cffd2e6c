namespace Farsight.Engine.Models;

/// <summary>Bytes that a training run will hold at most, part by part, computed before it starts.</summary>
/// <remarks>What passes take is exact, the rest but for the runtime and the kernels' own buffers too; those two are estimates from above.</remarks>
/// <param name="Weights">Frozen weights, in memory or mapped. Mapped pages can be read again from the file, so they are the first that a system takes back.</param>
/// <param name="Adapter">What is trained in the layers: values and gradients.</param>
/// <param name="Embeddings">Trained embeddings, values and gradients of the rows that may be touched.</param>
/// <param name="Optimizer">Moments of both.</param>
/// <param name="Activations">What a pass keeps from forward to backward.</param>
/// <param name="Scratch">What a pass needs inside a layer, and kernels for packed panels and tiles.</param>
/// <param name="Runtime">.NET, code, and the samples.</param>
public sealed record MemoryPlan(long Weights, long Adapter, long Embeddings, long Optimizer, long Activations, long Scratch, long Runtime)
{
    // Measured: .NET with a command line, compiled code and a small heap.
    const long RuntimeBytes = 90L << 20;

    // Floats of both packed sides of a product, and of a tile of logits.
    const long MostPacked = 1 << 25, LogitsTile = 512 * 2048;

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
            shape.WeightBytes, 2 * sizeof(float) * shape.AdapterValues, 2 * sizeof(float) * shape.EmbeddingValues, sizeof(float) * shape.Moments,
            sizeof(float) * pass.Kept, sizeof(float) * (pass.Scratch + Kernels(shape, size)), RuntimeBytes);
    }

    /// <summary>Floats of the largest products' packed sides and of a tile of logits.</summary>
    static long Kernels(TrainingShape shape, TreeSize size)
    {
        int mlpRows = MlpPass.LargestBlock(size.Rows);
        long packed = shape.Linears().Max(l =>
        {
            long rows = l.Target is "gate_proj" or "up_proj" or "down_proj" ? mlpRows : size.Rows;
            return rows * Math.Max(l.Inputs, l.Outputs) + (long)l.Inputs * l.Outputs;
        });
        return Math.Min(packed, MostPacked) + LogitsTile;
    }
}
