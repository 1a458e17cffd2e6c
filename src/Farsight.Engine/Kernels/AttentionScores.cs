using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Kernels;

/// <summary>Defines the scores that all passes share.</summary>
static class AttentionScores
{
    /// <summary>Bits per nat: inside the kernels scores are in bits, because a power of two costs less than one of e.</summary>
    internal const float Log2E = 1.44269504f;

    /// <summary>The maximum before any key: finite, so that a lane whose window has not begun meets no difference of infinities.</summary>
    internal const float Lowest = float.MinValue;
}

/// <summary>Computes the scores of a key block for 32 lanes, and their mask.</summary>
static class AttentionScores<TVector, TTier>
    where TVector : struct
    where TTier : IVectorTier<TVector>
{
    const int Lanes = AttentionScratch.Lanes, Panel = AttentionScratch.Panel;

    /// <summary>products[key, lane] = Σ over d of rows[key, d] · columns[d, lane].</summary>
    /// <param name="rows">[panels, depth, 8], as AttentionKeys.RowPanels packs them.</param>
    /// <param name="columns">[depth, 32].</param>
    /// <param name="panels">Number of panels of 8 keys.</param>
    /// <param name="depth">Dh rounded up to 8.</param>
    /// <param name="products">[8 · panels, 32], overwritten.</param>
    internal static void Products(ReadOnlySpan<float> rows, ReadOnlySpan<float> columns, int panels, int depth, Span<float> products)
    {
        for (int p = 0; p < panels; p++)
        {
            AttentionTile<TVector, TTier>.Panel(
                ref MemoryMarshal.GetReference(rows.Slice(p * Panel * depth, Panel * depth)), ref MemoryMarshal.GetReference(columns),
                depth, ref MemoryMarshal.GetReference(products.Slice(p * Panel * Lanes, Panel * Lanes)), add: false);
        }
    }

    /// <summary>Limits the products softly if the shape has a limit; before the mask, whose −∞ must stay.</summary>
    internal static void Limit(AttentionShape shape, int panels, Span<float> products)
    {
        if (shape.SoftcapBits is { } cap)
        {
            Softcap.Forward(products[..(panels * Panel * Lanes)], cap);
        }
    }

    /// <summary>Sets the scores of keys that a lane does not see to −∞; <paramref name="padded"/> counts the rows computed.</summary>
    internal static void Mask(AttentionLanes lanes, int laneBlock, AttentionKeyBlock block, int padded, Span<float> scores)
    {
        if (block.Prefix && lanes.AllSeePrefix(laneBlock, block.First))
        {
            if (padded > block.Count)
            {
                scores[(block.Count * Lanes)..(padded * Lanes)].Fill(float.NegativeInfinity);
            }
        }
        else if (block.Prefix || !lanes.AllSee(laneBlock, block.First, block.First + padded - 1))
        {
            Span<float> low = stackalloc float[Lanes], high = stackalloc float[Lanes];
            if (block.Prefix)
            {
                lanes.PrefixBounds(laneBlock, block, low, high);
            }
            else
            {
                lanes.Bounds(laneBlock, block.First, low, high);
            }
            KeepSeen(
                ref MemoryMarshal.GetReference(low),
                ref MemoryMarshal.GetReference(high),
                padded,
                ref MemoryMarshal.GetReference(scores));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void KeepSeen(ref float low, ref float high, int count, ref float scores)
    {
        for (nint j = 0; j < Lanes; j += TTier.Count)
        {
            TVector first = TTier.Load(ref low, j), last = TTier.Load(ref high, j);
            for (nint k = 0; k < count; k++)
            {
                TTier.Store(
                    TTier.KeepWithin(TTier.Create(k), first, last, TTier.Load(ref scores, k * Lanes + j)),
                    ref scores,
                    k * Lanes + j);
            }
        }
    }
}
