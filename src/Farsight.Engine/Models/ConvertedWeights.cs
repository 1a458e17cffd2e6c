using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Models;

/// <summary>Converts the matrices of another source to one format when they are loaded.</summary>
/// <remarks>
/// Converted matrices are in memory instead of the mapped file, so a 4-bit model can fit where the 16-bit file does not. Each row is
/// rounded by itself, so the number of threads does not change the result. Vectors stay F32. Routers of experts stay as they are stored:
/// they are small, and rounding would change which experts are chosen.
/// </remarks>
/// <param name="inner">Source of the weights; disposed with this one.</param>
/// <param name="format">Format of the linear layers, the embeddings and the head.</param>
public sealed class ConvertedWeights(IWeightSource inner, NumberFormat format) : IWeightSource
{
    readonly List<PackedMatrix> _matrices = [];

    /// <inheritdoc/>
    public string? Fingerprint => inner.Fingerprint;

    /// <inheritdoc/>
    /// <exception cref="InputException">The tensor is missing, has another shape, or its rows are not whole blocks.</exception>
    public WeightMatrix Matrix(string name, int rows, int columns)
    {
        if (LayerNames.IsRouter(name))
        {
            return inner.Matrix(name, rows, columns);
        }
        if (columns % format.ValuesPerBlock != 0)
        {
            throw new InputException(
                $"{name} has rows of {columns} values, which is not a multiple of the {format.ValuesPerBlock} values of a {format} block; "
                + "use bf16, or keep the stored format.");
        }
        PackedMatrix matrix = PackedMatrix.From(inner.Matrix(name, rows, columns), format);
        inner.Release(name);
        _matrices.Add(matrix);
        return matrix;
    }

    /// <inheritdoc/>
    public Rows Vector(string name, int length) => inner.Vector(name, length);

    /// <inheritdoc/>
    public void Dispose()
    {
        _matrices.ForEach(m => m.Dispose());
        inner.Dispose();
    }
}
