using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
            ReadOnlySpan<int> some = rows[first..Math.Min(first + Panel, rows.Length)];
            if (some.Length == Panel)
            {
                panel[(headDim * Panel)..].Clear();
                FullPanel(source, some, column, headDim, ref MemoryMarshal.GetReference(panel));
                continue;
            }
            panel.Clear();
            for (int i = 0; i < some.Length; i++)
            {
                ReadOnlySpan<float> from = source[some[i]].Slice(column, headDim);
                for (int d = 0; d < from.Length; d++)
                {
                    panel[d * Panel + i] = from[d];
                }
            }
        }
    }

    /// <summary>Eight rows at once: the stores run through the panel in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void FullPanel(Rows source, ReadOnlySpan<int> rows, int column, int headDim, ref float panel)
    {
        ref float r0 = ref First(source, rows[0], column, headDim), r1 = ref First(source, rows[1], column, headDim);
        ref float r2 = ref First(source, rows[2], column, headDim), r3 = ref First(source, rows[3], column, headDim);
        ref float r4 = ref First(source, rows[4], column, headDim), r5 = ref First(source, rows[5], column, headDim);
        ref float r6 = ref First(source, rows[6], column, headDim), r7 = ref First(source, rows[7], column, headDim);
        for (nint d = 0; d < headDim; d++) // each row reference covers headDim floats, the panel 8 · headDim
        {
            Unsafe.Add(ref panel, 0) = Unsafe.Add(ref r0, d);
            Unsafe.Add(ref panel, 1) = Unsafe.Add(ref r1, d);
            Unsafe.Add(ref panel, 2) = Unsafe.Add(ref r2, d);
            Unsafe.Add(ref panel, 3) = Unsafe.Add(ref r3, d);
            Unsafe.Add(ref panel, 4) = Unsafe.Add(ref r4, d);
            Unsafe.Add(ref panel, 5) = Unsafe.Add(ref r5, d);
            Unsafe.Add(ref panel, 6) = Unsafe.Add(ref r6, d);
            Unsafe.Add(ref panel, 7) = Unsafe.Add(ref r7, d);
            panel = ref Unsafe.Add(ref panel, Panel);
        }
    }

    static ref float First(Rows source, int row, int column, int headDim) =>
        ref MemoryMarshal.GetReference(source[row].Slice(column, headDim));

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
            ref float to = ref MemoryMarshal.GetReference(packed.Slice(i * Panel, (depth / Panel - 1) * padded * Panel + Panel));
            int d = 0;
            for (; d + Panel <= headDim; d += Panel) // the last 8 floats written end with the slice above
            {
                Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(from), (nuint)d).StoreUnsafe(ref to, (nuint)(d * padded));
            }
            for (; d < headDim; d++)
            {
                Unsafe.Add(ref to, d / Panel * padded * Panel + d % Panel) = from[d];
            }
        }
    }
}
