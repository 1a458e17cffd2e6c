using Farsight.Engine.Kernels;
using Farsight.Engine.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Holds matrices of the formats Q8_0 and Q4_0 on the device as they are stored, and widens them.</summary>
/// <remarks>
/// A block is 32 values of a row with one scale d: d · n for 8 bits, d · (n − 8) for 4 bits. Of 4 bits, byte j holds value j in its lower
/// half and value j + 16 in its upper. The widened values in F32 are those of the engine on the CPU.
/// </remarks>
static class DeviceBlocks
{
    const int ValuesPerBlock = 32, ScaleBytes = 2;

    // Bounds what is copied, or widened in F32, at a time.
    const long ValuesPerPart = 1 << 24;

    // Native numbers are freed by the collector only, so they are made once.
    static readonly Scalar s_sixteenth = 1 / 16f, s_sixteen = 16, s_middle = 8;

    /// <summary>Whether matrices of a format stay as they are stored.</summary>
    internal static bool CanHold(NumberFormat format) => format is NumberFormat.Q8_0 or NumberFormat.Q4_0;

    /// <summary>Copies a matrix.</summary>
    /// <param name="matrix">[rows, columns] whose rows are stored contiguously.</param>
    /// <param name="format">Its format.</param>
    /// <param name="device">The device.</param>
    /// <returns>Numbers, [rows, blocks, 32] of signed bytes or [rows, blocks, 16] of bytes, and scales, [rows, blocks, 1] in F16.</returns>
    internal static (Tensor Numbers, Tensor Scales) Copy(WeightMatrix matrix, NumberFormat format, Device device)
    {
        int rows = matrix.RowCount, blocks = matrix.ColumnCount / ValuesPerBlock, bytes = format.BytesPerBlock - ScaleBytes;
        int part = (int)Math.Clamp(ValuesPerPart / matrix.ColumnCount, 1, rows);
        ScalarType type = format == NumberFormat.Q8_0 ? ScalarType.Int8 : ScalarType.Byte;
        Tensor numbers = empty(rows, blocks, bytes, type, device), scales = empty(rows, blocks, 1, ScalarType.Float16, device);
        using DisposeScope scope = NewDisposeScope();
        Tensor ownNumbers = empty(part, blocks, bytes, type), ownScales = empty(part, blocks, 1, ScalarType.Float16);
        for (int first = 0; first < rows; first += part)
        {
            using DisposeScope inner = NewDisposeScope();
            int count = Math.Min(part, rows - first);
            Split(matrix, first, count, ownNumbers.bytes, ownScales.bytes);
            numbers.narrow(0, first, count).copy_(ownNumbers.narrow(0, 0, count));
            scales.narrow(0, first, count).copy_(ownScales.narrow(0, 0, count));
        }
        return (numbers, scales);
    }

    /// <summary>Widens a matrix: [rows, columns].</summary>
    /// <param name="numbers">As <see cref="Copy"/> returns them.</param>
    /// <param name="scales">As <see cref="Copy"/> returns them.</param>
    /// <param name="type">Format of the result.</param>
    internal static Tensor Widen(Tensor numbers, Tensor scales, ScalarType type)
    {
        using IDisposable off = no_grad();
        long rows = numbers.size(0), columns = numbers.size(1) * ValuesPerBlock, part = Math.Max(1, ValuesPerPart / columns);
        Tensor wide = empty(rows, columns, type, numbers.device);
        for (long first = 0; first < rows; first += part)
        {
            using DisposeScope scope = NewDisposeScope();
            long count = Math.Min(part, rows - first);
            Tensor own = numbers.narrow(0, first, count), values = own.to(ScalarType.Float32);
            values = numbers.dtype == ScalarType.Int8 ? values : Unpacked(values);
            values = values.mul(scales.narrow(0, first, count).to(ScalarType.Float32));
            wide.narrow(0, first, count).copy_(values.view(count, columns));
        }
        return wide;
    }

    /// <summary>Returns the values of pairs of 4 bits without their scale: [rows, blocks, 32] from [rows, blocks, 16].</summary>
    static Tensor Unpacked(Tensor pairs)
    {
        Tensor upper = pairs.mul(s_sixteenth).floor(), lower = pairs.sub(upper.mul(s_sixteen));
        return cat([lower, upper], 2).sub(s_middle);
    }

    static void Split(WeightMatrix matrix, int first, int count, Span<byte> numbers, Span<byte> scales)
    {
        for (int row = first; row < first + count; row++)
        {
            ReadOnlySpan<byte> stored = matrix.Stored(row).Bytes;
            int blockBytes = matrix.Stored(row).Format.BytesPerBlock;
            for (; !stored.IsEmpty; stored = stored[blockBytes..])
            {
                stored[..ScaleBytes].CopyTo(scales);
                stored[ScaleBytes..blockBytes].CopyTo(numbers);
                scales = scales[ScaleBytes..];
                numbers = numbers[(blockBytes - ScaleBytes)..];
            }
        }
    }
}
