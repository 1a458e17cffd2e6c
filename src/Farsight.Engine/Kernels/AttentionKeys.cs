using System.Runtime.CompilerServices;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Packs a block of keys or values of one head for the tiles.</summary>
static class AttentionKeys
{
    const int Panel = AttentionScratch.Panel;

    /// <summary>packed[key / 8, d, key % 8], the last panel filled up with zeros.</summary>
    /// <param name="source">Rows of keys or values.</param>
    /// <param name="rows">Which of them.</param>
    /// <param name="column">First float of the head.</param>
    /// <param name="headDim">Dh.</param>
    /// <param name="depth">Dh rounded up to 8.</param>
    /// <param name="packed">Overwritten.</param>
    internal static void RowPanels(Rows source, ReadOnlySpan<int> rows, int column, int headDim, int depth, Span<float> packed)
    {
        for (int first = 0; first < rows.Length; first += Panel)
        {
            Span<float> panel = packed.Slice(first * depth, Panel * depth);
            int count = Math.Min(Panel, rows.Length - first);
            if (count < Panel || headDim < depth)
            {
                panel.Clear();
            }
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<float> from = source[rows[first + i]].Slice(column, headDim);
                for (int d = 0; d < from.Length; d++)
                {
                    panel[d * Panel + i] = from[d];
                }
            }
        }
    }

    /// <summary>packed[d / 8, key, d % 8], with rows of zeros up to a multiple of 8 keys.</summary>
    /// <inheritdoc cref="RowPanels"/>
    internal static void ColumnPanels(Rows source, ReadOnlySpan<int> rows, int column, int headDim, int depth, Span<float> packed)
    {
        int padded = (rows.Length + Panel - 1) / Panel * Panel;
        if (padded > rows.Length || headDim < depth)
        {
            packed[..(padded * depth)].Clear();
        }
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<float> from = source[rows[i]].Slice(column, headDim);
            for (int d = 0; d < headDim; d += Panel)
            {
                from.Slice(d, Math.Min(Panel, headDim - d)).CopyTo(packed.Slice((d / Panel * padded + i) * Panel, Panel));
            }
        }
    }
}
