using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Models;

/// <summary>Provides weights for timing: uniform numbers of standard deviation 0.02, gains of 1.</summary>
/// <remarks>
/// Unlike <see cref="RandomWeights"/>, no matrix is zero, so gradients reach every parameter from the first step. Each row has a
/// random stream of its own, so all threads draw rows at the speed of the memory or the disk.
/// </remarks>
/// <param name="seed">Seed; each row of each tensor has a random stream of its own.</param>
public sealed class UniformWeights(int seed) : IWeightSource
{
    const float Bound = 0.0346410162f; // 0.02 · √3
    const int RowsPerItem = 64;

    readonly RowsOwner _memory = new();
    readonly Dictionary<string, Rows> _matrices = [];

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, int rows, int columns)
    {
        Rows values = _memory.Allocate(rows, columns);
        Workers.ForBlocks(rows, RowsPerItem, (first, count) =>
        {
            for (int row = first; row < first + count; row++)
            {
                Fill(name, row, values[row]);
            }
        });
        _matrices[name] = values;
        return new RowsMatrix(values);
    }

    /// <inheritdoc/>
    public void Release(string name)
    {
        if (_matrices.Remove(name, out Rows values))
        {
            _memory.Free(values);
        }
    }

    /// <inheritdoc/>
    public Rows Vector(string name, int length)
    {
        Rows values = _memory.Allocate(1, length);
        values.Span.Fill(name.EndsWith(".bias", StringComparison.Ordinal) ? 0 : 1);
        return values;
    }

    /// <summary>Draws one row of a matrix.</summary>
    /// <param name="name">Name of the matrix.</param>
    /// <param name="row">Index of the row.</param>
    /// <param name="values">[columns] overwritten.</param>
    public void Fill(string name, int row, Span<float> values)
    {
        SeededRandom random = SeededRandom.For(seed, name, row);
        const float Step = Bound / (1 << 23);
        int i = 0;
        for (; i + 2 <= values.Length; i += 2)
        {
            ulong bits = random.NextUInt64(); // two numbers of 24 bits each
            values[i] = ((int)(bits >> 40) - (1 << 23)) * Step;
            values[i + 1] = ((int)(bits & 0xFFFFFF) - (1 << 23)) * Step;
        }
        if (i < values.Length)
        {
            values[i] = ((int)(random.NextUInt64() >> 40) - (1 << 23)) * Step;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
