using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Farsight.Torch;

/// <summary>Copies rows between the memory of this program and tensors, which may have another number format and lie on a device.</summary>
static class HostRows
{
    // A span of bytes has at most 2³¹ − 1; a block of rows has far less.
    const int FloatsPerBlock = 1 << 24, RowsPerItem = 64;

    /// <summary>Copies rows to a tensor of the same shape.</summary>
    internal static void CopyTo(this Rows rows, Tensor target) =>
        Fill(target, rows.Count, rows.Width, (first, block) => rows.Slice(first, block.Length / rows.Width).Span.CopyTo(block));

    /// <summary>Copies a stored matrix to a tensor of the same shape.</summary>
    internal static unsafe void CopyTo(this WeightMatrix matrix, Tensor target)
    {
        int width = matrix.ColumnCount;
        Fill(target, matrix.RowCount, width, (first, block) =>
        {
            fixed (float* start = block)
            {
                nint address = (nint)start;
                Workers.ForBlocks(block.Length / width, RowsPerItem, (row, count) =>
                {
                    for (int r = row; r < row + count; r++)
                    {
                        matrix.Read(first + r, 0, new Span<float>((float*)address + (long)r * width, width));
                    }
                });
            }
        });
    }

    /// <summary>Adds a tensor to rows of the same shape.</summary>
    internal static void AddTo(this Tensor source, Rows rows)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        int block = BlockRows(rows.Width);
        Tensor all = source.reshape(rows.Count, rows.Width);
        for (int first = 0; first < rows.Count; first += block)
        {
            int count = Math.Min(block, rows.Count - first);
            Span<float> sum = rows.Slice(first, count).Span;
            TensorPrimitives.Add(sum, Floats(all.narrow(0, first, count)), sum);
        }
    }

    /// <summary>Reads a small tensor of floats.</summary>
    internal static float[] ToFloats(this Tensor source) => Floats(source).ToArray();

    /// <summary>Returns the values as F32 in memory of this program; valid until the dispose scope ends.</summary>
    static Span<float> Floats(Tensor source) => MemoryMarshal.Cast<byte, float>(source.to(ScalarType.Float32).cpu().contiguous().bytes);

    static int BlockRows(int width) => Math.Max(1, FloatsPerBlock / Math.Max(1, width));

    static void Fill(Tensor target, int rows, int width, FillBlock fill)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        int block = Math.Min(rows, BlockRows(width));
        Tensor all = target.view(rows, width), staging = empty(block, width, ScalarType.Float32);
        for (int first = 0; first < rows; first += block)
        {
            int count = Math.Min(block, rows - first);
            Tensor part = staging.narrow(0, 0, count);
            fill(first, MemoryMarshal.Cast<byte, float>(part.bytes));
            using Tensor place = all.narrow(0, first, count);
            place.copy_(part);
        }
    }

    /// <summary>Fills the rows from <paramref name="first"/> on.</summary>
    delegate void FillBlock(int first, Span<float> block);
}
