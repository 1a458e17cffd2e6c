using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints;

/// <summary>A model directory as a source of weights: matrices stay mapped in their stored format, vectors are widened.</summary>
/// <param name="directory">Disposed with this.</param>
public sealed class DirectoryWeights(ModelDirectory directory) : IWeightSource, IDisposable
{
    /// <summary>The directory's config.json.</summary>
    public ModelConfig Config => directory.Config;

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, int rows, int columns) => new StoredMatrix(directory.Weight(name, rows, columns));

    /// <inheritdoc/>
    public Rows Vector(string name, int length)
    {
        Rows values = Rows.Allocate(1, length);
        directory.Weight(name, length).Read(0, values.Span);
        return values;
    }

    /// <inheritdoc/>
    public void Release(string name) => directory.Weight(name).Forget();

    /// <inheritdoc/>
    public void Dispose() => directory.Dispose();

    /// <summary>A mapped tensor of two dimensions.</summary>
    sealed class StoredMatrix(StoredTensor tensor) : WeightMatrix
    {
        public override int RowCount => tensor.Shape[0];

        public override int ColumnCount => tensor.Shape[1];

        public override void Read(int row, int firstColumn, Span<float> destination) =>
            tensor.Read((long)row * ColumnCount + firstColumn, destination);
    }
}
