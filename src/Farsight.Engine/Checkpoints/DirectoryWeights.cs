using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints;

/// <summary>Provides the weights of a model directory: matrices stay mapped in their stored format, vectors are widened.</summary>
/// <param name="directory">Disposed with this source.</param>
sealed class DirectoryWeights(ModelDirectory directory) : IModelFiles
{
    readonly RowsOwner _vectors = new();

    /// <inheritdoc/>
    public string Path => directory.Path;

    /// <inheritdoc/>
    public ModelConfig Config => directory.Config;

    /// <inheritdoc cref="ModelDirectory.Fingerprint"/>
    public string? Fingerprint { get; } = directory.Fingerprint();

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, int rows, int columns) => new StoredMatrix(directory.Weight(name, rows, columns));

    /// <inheritdoc/>
    public Rows Vector(string name, int length)
    {
        Rows values = _vectors.Allocate(1, length);
        directory.Weight(name, length).Read(0, values.Span);
        return values;
    }

    /// <inheritdoc/>
    public long StoredBytes(string name) => directory.Weight(name).ByteCount;

    /// <inheritdoc/>
    public void Release(string name) => directory.Weight(name).Forget();

    /// <inheritdoc/>
    public void Dispose()
    {
        _vectors.Dispose();
        directory.Dispose();
    }
}

/// <summary>Represents a mapped tensor of two dimensions.</summary>
sealed class StoredMatrix(StoredTensor tensor) : WeightMatrix
{
    public override int RowCount => tensor.Shape[0];

    public override int ColumnCount => tensor.Shape[1];

    public override void Read(int row, int firstColumn, Span<float> destination) =>
        tensor.Read((long)row * ColumnCount + firstColumn, destination);

    public override StoredRow Stored(int row) => tensor.Row(row);
}
