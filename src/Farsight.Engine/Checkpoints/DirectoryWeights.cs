using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints;

/// <summary>A model directory as a source of weights: matrices stay mapped in their stored format, vectors are widened.</summary>
/// <param name="directory">Disposed with this.</param>
public sealed class DirectoryWeights(ModelDirectory directory) : IModelFiles
{
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
        Rows values = Rows.Allocate(1, length);
        directory.Weight(name, length).Read(0, values.Span);
        return values;
    }

    /// <inheritdoc/>
    public long StoredBytes(string name) => directory.Weight(name).ByteCount;

    /// <inheritdoc/>
    public void Release(string name) => directory.Weight(name).Forget();

    /// <inheritdoc/>
    public void Dispose() => directory.Dispose();
}
