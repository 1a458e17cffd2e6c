using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Rope;

/// <summary>Cosines and sines for the rotations of some positions, shared by all heads and layers.</summary>
/// <param name="Cos">[T, Dh/2] cos(position · InvFreq) times the attention factor.</param>
/// <param name="Sin">[T, Dh/2] sin(position · InvFreq) times the attention factor.</param>
public readonly record struct RopeTable(Rows Cos, Rows Sin)
{
    // A row is Dh/2 sines and cosines, some microseconds.
    const int RowsPerBlock = 16;

    /// <summary>Allocates and fills the table for these positions.</summary>
    /// <param name="positions">[T] position ids; any order, gaps and repetitions included.</param>
    /// <param name="frequencies">The model's.</param>
    public static RopeTable Create(IReadOnlyList<int> positions, RopeFrequencies frequencies)
    {
        int pairs = frequencies.InvFreq.Length;
        RopeTable table = new(Rows.Allocate(positions.Count, pairs), Rows.Allocate(positions.Count, pairs));
        table.Fill(positions, frequencies);
        return table;
    }

    /// <summary>Overwrites the table's rows; for memory taken from a <see cref="Workspace"/>.</summary>
    /// <remarks>The angle is taken in double from the F32 frequency, so far positions are as exact as near ones.</remarks>
    /// <param name="positions">[T] position ids.</param>
    /// <param name="frequencies">The model's.</param>
    public void Fill(IReadOnlyList<int> positions, RopeFrequencies frequencies)
    {
        Shape.Same(Cos.Width, frequencies.InvFreq.Length);
        Fill(positions, _ => frequencies);
    }

    /// <summary>The same where rows differ in their frequencies, which are of one head dim.</summary>
    /// <param name="positions">[T] position ids.</param>
    /// <param name="frequencies">Those of a row, by its number.</param>
    internal void Fill(IReadOnlyList<int> positions, Func<int, RopeFrequencies> frequencies)
    {
        Shape.Same(Cos.Count, positions.Count);
        RopeTable table = this;
        Workers.ForBlocks(positions.Count, RowsPerBlock, (first, count) =>
        {
            for (int row = first; row < first + count; row++)
            {
                FillRow(positions[row], frequencies(row), table.Cos[row], table.Sin[row]);
            }
        });
    }

    static void FillRow(int position, RopeFrequencies frequencies, Span<float> cos, Span<float> sin)
    {
        for (int i = 0; i < cos.Length; i++)
        {
            (double s, double c) = Math.SinCos((double)position * frequencies.InvFreq[i]);
            cos[i] = (float)(c * frequencies.AttentionFactor);
            sin[i] = (float)(s * frequencies.AttentionFactor);
        }
    }
}
