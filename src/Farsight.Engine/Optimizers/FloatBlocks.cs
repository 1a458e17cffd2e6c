using Farsight.Engine.Memory;

namespace Farsight.Engine.Optimizers;

/// <summary>Rows cut into blocks of a fixed number of floats, for work that does not care where a row ends.</summary>
static class FloatBlocks
{
    /// <summary>Floats of a block; the last may be shorter. Part of the result where a block is summed.</summary>
    internal const int Size = 1 << 14;

    internal static int Count(Rows rows) => checked((int)((rows.Length + Size - 1) / Size));

    internal static Span<float> Of(Rows rows, int block)
    {
        long first = (long)block * Size;
        return rows.Buffer.Span(rows.Start + first, (int)Math.Min(Size, rows.Length - first));
    }
}
