using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Models;

/// <summary>Another source's matrices, converted to one format when they are loaded; vectors stay F32.</summary>
/// <remarks>
/// What is converted lies in memory and not in the file, so four bits a weight fit where sixteen do not. Rows are rounded each by
/// itself, so the number of threads does not show.
/// </remarks>
/// <param name="inner">Where the weights are; disposed with this, if it is disposable.</param>
/// <param name="format">What the matrices of linear layers, the embeddings and the head are converted to.</param>
public sealed class ConvertedWeights(IWeightSource inner, NumberFormat format) : IWeightSource, IDisposable
{
    readonly List<PackedMatrix> _matrices = [];

    /// <inheritdoc/>
    /// <exception cref="InputException">The tensor is missing or has another shape, or its rows are no whole number of the format's
    /// blocks.</exception>
    public WeightMatrix Matrix(string name, int rows, int columns)
    {
        if (columns % format.ValuesPerBlock != 0)
        {
            throw new InputException(
                $"{name} has rows of {columns} values, and {format} stores blocks of {format.ValuesPerBlock}; use the weights as they are stored, or in bf16."
            );
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
        (inner as IDisposable)?.Dispose();
    }
}
