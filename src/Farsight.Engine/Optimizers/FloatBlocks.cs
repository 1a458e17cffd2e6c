using Farsight.Engine.Memory;

namespace Farsight.Engine.Optimizers;

/// <summary>Splits rows into blocks of a fixed number of floats, for work that does not depend on row boundaries.</summary>
static class FloatBlocks
{
    /// <summary>Number of floats in a block; the last may be shorter. It determines the order of sums.</summary>
    internal const int Size = 1 << 14;

    internal static int Count(Rows rows) => checked((int)((rows.Length + Size - 1) / Size));

    internal static Span<float> Of(Rows rows, int block)
    {
        long first = (long)block * Size;
        return rows.Buffer.Span(rows.Start + first, (int)Math.Min(Size, rows.Length - first));
    }
}
