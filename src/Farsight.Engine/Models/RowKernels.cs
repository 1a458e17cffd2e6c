using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>Runs row-wise kernels over many rows, in blocks of a fixed size on all threads.</summary>
static class RowKernels
{
    const int RowsPerItem = 64;

    /// <summary>Computes sum = a + b; sum may be either operand.</summary>
    internal static void Add(Rows a, Rows b, Rows sum) => ForRows(sum, row => TensorPrimitives.Add(a[row], b[row], sum[row]));

    /// <summary>Computes sum = a + factor · b; sum may be either operand.</summary>
    internal static void AddScaled(Rows a, Rows b, float factor, Rows sum)
    {
        if (factor == 1)
        {
            Add(a, b, sum);
            return;
        }
        ForRows(sum, row => TensorPrimitives.MultiplyAdd(b[row], factor, a[row], sum[row]));
    }

    /// <summary>Computes y = factor · x.</summary>
    internal static void Scale(Rows x, float factor, Rows y) => ForRows(y, row => TensorPrimitives.Multiply(x[row], factor, y[row]));

    /// <summary>Rotates queries or keys in place.</summary>
    internal static void Rotate(Rows heads, int headDim, RopeTable rope) =>
        ForRows(heads, row => RopeRotation.Forward(heads[row], headDim, rope.Cos[row], rope.Sin[row]));

    /// <summary>Turns gradients by rotated rows into gradients by the original rows, in place.</summary>
    internal static void RotateBack(Rows dHeads, int headDim, RopeTable rope) =>
        ForRows(dHeads, row => RopeRotation.Backward(dHeads[row], headDim, rope.Cos[row], rope.Sin[row]));

    /// <summary>Rounds rows to BF16 bits, two per float.</summary>
    /// <param name="rows">[T, D]</param>
    /// <param name="bits">[T, D / 2, rounded up] overwritten.</param>
    internal static void ToBFloat16(Rows rows, Rows bits) =>
        ForRows(rows, row => Narrow.ToBFloat16(rows[row], MemoryMarshal.Cast<float, ushort>(bits[row])[..rows.Width]));

    /// <summary>Widens the result of <see cref="ToBFloat16"/>.</summary>
    /// <param name="bits">[T, D / 2, rounded up]</param>
    /// <param name="rows">[T, D] overwritten.</param>
    internal static void FromBFloat16(Rows bits, Rows rows) =>
        ForRows(rows, row => Widen.FromBFloat16(MemoryMarshal.Cast<float, ushort>(bits[row])[..rows.Width], rows[row]));

    /// <summary>Calls <paramref name="body"/> with the index of every row.</summary>
    internal static void ForRows(Rows rows, Action<int> body) => Workers.ForBlocks(rows.Count, RowsPerItem, (first, count) =>
    {
        for (int row = first; row < first + count; row++)
        {
            body(row);
        }
    });
}
