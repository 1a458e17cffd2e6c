using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>Represents positions and visibility of the rows of a block.</summary>
/// <param name="Shape">Heads and head dim.</param>
/// <param name="KeyRope">Rotation of the T input rows.</param>
/// <param name="QueryRope">Rotation of the T' output rows; the same unless rows are selected.</param>
/// <param name="Spans">Keys that each of the T' rows sees.</param>
/// <param name="Selection">The output rows; null for all.</param>
sealed record BlockContext(
    AttentionShape Shape, RopeTable KeyRope, RopeTable QueryRope, IReadOnlyList<AttentionSpan> Spans, RowSelection? Selection)
{
    /// <summary>Receives the attention peaks; null for none.</summary>
    internal AttentionObserver? Observer { get; init; }

    /// <summary>Returns the same context with a sliding window of so many keys; null for no window.</summary>
    internal BlockContext Within(int? window) =>
        window is { } w ? this with { Spans = [.. Spans.Select(s => s with { Window = w })] } : this;

    /// <summary>Returns the output rows: [T', width].</summary>
    internal Rows Select(Rows rows, Workspace workspace) => Selection?.Gather(rows, workspace) ?? rows;

    /// <summary>Copies the output rows to their places among all rows and writes zeros elsewhere.</summary>
    /// <param name="rows">[T', width]</param>
    /// <param name="target">[T, width] overwritten; may be <paramref name="rows"/> itself where none are selected.</param>
    internal void Unselect(Rows rows, Rows target)
    {
        if (Selection is { } selection)
        {
            selection.Scatter(rows, target);
        }
        else if (rows != target)
        {
            target.CopyFrom(rows);
        }
    }
}

/// <summary>Receives the token that each head of a layer attends to most from one row.</summary>
/// <param name="number">Index of the sequence in the batch, or of the prompt or request where those are decoded.</param>
/// <param name="layer">Index of the layer, from 0.</param>
/// <param name="peaks">[H] index in the sequence of the token that each head attends to most, the first of equals; valid during the call
/// only.</param>
public delegate void AttentionAction(int number, int layer, ReadOnlySpan<int> peaks);

/// <summary>Represents a row whose attention is observed.</summary>
/// <param name="Span">Index of its span in the block's context.</param>
/// <param name="Query">Index of the row in the span.</param>
/// <param name="Sequence">Index of its sequence.</param>
readonly record struct ObservedRow(int Span, int Query, int Sequence);

/// <summary>Reports the attention peaks of a layer to an observer.</summary>
/// <param name="observer">Called row by row.</param>
/// <param name="layer">Index of the layer.</param>
/// <param name="rows">The observed rows.</param>
sealed class AttentionObserver(AttentionAction observer, int layer, IReadOnlyList<ObservedRow> rows)
{
    /// <summary>Finds and reports the peaks.</summary>
    /// <param name="queries">[T', H·Dh] rotated.</param>
    /// <param name="keys">[S, Hkv·Dh] rotated, with those of the cache.</param>
    /// <param name="context">Spans of the queries.</param>
    internal void Report(Rows queries, Rows keys, BlockContext context)
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
