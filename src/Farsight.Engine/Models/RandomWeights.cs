using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Models;

/// <summary>Provides the initial weights of pretraining: normal numbers of a size that keeps activations near 1.</summary>
/// <remarks>
/// Matrices have standard deviation 1/√inputs, embeddings 0.05. Matrices that write into the residual stream (o_proj, down_proj)
/// start at zero, so the model begins as a bigram model. Gains are 1, biases 0.
/// </remarks>
/// <param name="seed">Seed; each tensor has a random stream of its own.</param>
public sealed class RandomWeights(int seed) : IWeightSource
{
    const double EmbeddingDeviation = 0.05;

    readonly RowsOwner _memory = new();

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, int rows, int columns)
    {
        double deviation = name.EndsWith("embed_tokens.weight", StringComparison.Ordinal) ? EmbeddingDeviation
            : name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal) ? 0
            : 1 / Math.Sqrt(columns);
        Rows values = _memory.Allocate(rows, columns);
        SeededRandom random = SeededRandom.For(seed, name, 0);
        for (int row = 0; row < rows; row++)
        {
            foreach (ref float value in values[row])
            {
                value = (float)(random.NextNormal() * deviation);
            }
        }
        return new RowsMatrix(values);
    }

    /// <inheritdoc/>
    public Rows Vector(string name, int length)
    {
        Rows values = _memory.Allocate(1, length);
        values.Span.Fill(name.EndsWith(".bias", StringComparison.Ordinal) ? 0 : 1);
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
