using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Rope;

/// <summary>Represents the cosines and sines that rotate some positions, shared by all heads and layers.</summary>
/// <param name="Cos">[T, Dh/2] cos(position · InvFreq) times the attention factor.</param>
/// <param name="Sin">[T, Dh/2] sin(position · InvFreq) times the attention factor.</param>
readonly record struct RopeTable(Rows Cos, Rows Sin)
{
    // A row is Dh/2 sines and cosines, some microseconds.
    const int RowsPerBlock = 16;

    /// <summary>Overwrites all rows of the table.</summary>
    /// <remarks>Angles are computed in double from the F32 frequency, so distant positions are as exact as near ones.</remarks>
    /// <param name="positions">[T] position ids.</param>
    /// <param name="frequencies">Frequencies of the model.</param>
    public void Fill(IReadOnlyList<int> positions, RopeFrequencies frequencies)
    {
        Shape.Same(Cos.Width, frequencies.InvFreq.Length);
        Fill(positions, _ => frequencies);
    }

    /// <summary>Overwrites all rows of the table with frequencies that differ by row and have the same head dim.</summary>
    /// <param name="positions">[T] position ids.</param>
    /// <param name="frequencies">Returns the frequencies of a row by its index.</param>
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
