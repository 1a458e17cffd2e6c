using Farsight.Engine.Kernels;

namespace Farsight.Engine.Checkpoints;

/// <summary>A mapped tensor of two dimensions.</summary>
sealed class StoredMatrix(StoredTensor tensor) : WeightMatrix
{
    public override int RowCount => tensor.Shape[0];

    public override int ColumnCount => tensor.Shape[1];

    public override void Read(int row, int firstColumn, Span<float> destination) =>
        tensor.Read((long)row * ColumnCount + firstColumn, destination);

    public override StoredRow Stored(int row) => tensor.Row(row);
}
