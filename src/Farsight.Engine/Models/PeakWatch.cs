using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Receives where the heads of one layer look from one row.</summary>
/// <param name="number">Of the sequence in the batch, or of the prompt or request where those are decoded.</param>
/// <param name="layer">Counted from 0.</param>
/// <param name="peaks">[H] place in the sequence of the token that each head attends to most, the first of equals; valid during the call
/// only.</param>
public delegate void AttentionAction(int number, int layer, ReadOnlySpan<int> peaks);

/// <summary>A row whose heads are watched.</summary>
/// <param name="Span">Number of its span in the block's context.</param>
/// <param name="Query">Its number in the span.</param>
/// <param name="Sequence">What it belongs to.</param>
readonly record struct WatchedRow(int Span, int Query, int Sequence);

/// <summary>Tells somebody where the heads of a layer look.</summary>
/// <param name="observer">Told row by row.</param>
/// <param name="layer">Number of the layer.</param>
/// <param name="rows">The rows that are watched.</param>
sealed class PeakWatch(AttentionAction observer, int layer, IReadOnlyList<WatchedRow> rows)
{
    /// <summary>Looks at rotated queries and all keys that there are.</summary>
    internal void Look(Rows queries, Rows keys, BlockContext context)
    {
        int heads = context.Shape.Heads;
        int[] peaks = new int[rows.Count * heads];
        Workers.For(rows.Count, i => AttentionPeak.Find(
            queries, keys, context.Shape, context.Spans[rows[i].Span], rows[i].Query, peaks.AsSpan(i * heads, heads)));
        for (int i = 0; i < rows.Count; i++)
        {
            observer(rows[i].Sequence, layer, peaks.AsSpan(i * heads, heads));
        }
    }
}
