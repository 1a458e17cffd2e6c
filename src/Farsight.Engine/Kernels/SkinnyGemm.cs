using System.Numerics.Tensors;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>x · wᵀ for a handful of rows of x, as in decoding: every weight is read once, so nothing is worth packing.</summary>
static class SkinnyGemm
{
    /// <summary>Up to here packing the weights costs more than the arithmetic.</summary>
    internal const int MaxRows = 16;

    const int RowsPerItem = 64;

    /// <summary>y (+)= x · wᵀ for the rows of w from firstRow on, as many as y has columns.</summary>
    internal static void MultiplyTransposed(Rows x, WeightMatrix w, int firstRow, Rows y, bool add)
    {
        Workers.ForBlocks(y.Width, RowsPerItem, (first, count) =>
        {
            using Scratch scratch = Scratch.Take(1, w.ColumnCount);
            Span<float> row = scratch.Rows[0];
            for (int n = first; n < first + count; n++)
            {
                w.Read(firstRow + n, 0, row);
                for (int m = 0; m < x.Count; m++)
                {
                    float dot = TensorPrimitives.Dot(x[m], row);
                    y[m][n] = add ? y[m][n] + dot : dot;
                }
            }
        });
    }
}
