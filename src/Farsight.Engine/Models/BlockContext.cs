using Farsight.Engine.Communication;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>Represents positions and visibility of the rows of a block.</summary>
/// <param name="Shape">Heads and head dim.</param>
/// <param name="Spans">Keys that each of the T' rows sees.</param>
/// <param name="Selection">The output rows; null for all.</param>
sealed record BlockContext(AttentionShape Shape, IReadOnlyList<AttentionSpan> Spans, RowSelection? Selection)
{
    /// <summary>Rotation of the T input rows; null for none.</summary>
    internal RopeTable? KeyRope { get; init; }

    /// <summary>Rotation of the T' output rows; the same unless rows are selected.</summary>
    internal RopeTable? QueryRope { get; init; }

    /// <summary>Owners of the rows whose keys the rows see; null where the input rows are all.</summary>
    internal RowBlocks? Blocks { get; init; }

    /// <summary>Receives the attention peaks; null for none.</summary>
    internal AttentionObserver? Observer { get; init; }

    /// <summary>Computes the attention in place of the block; null for attention over the spans.</summary>
    internal ILayerAttention? Attention { get; init; }

    /// <summary>Returns the context of a layer, with its sliding window and its rotation.</summary>
    internal BlockContext Of(ModelConfig config, int layer, PassRotations rotations)
    {
        BlockContext seen = config.WindowOf(layer) is { } window
            ? this with { Spans = [.. Spans.Select(s => s with { Window = window })] }
            : this;
        return config.RotationOf(layer) is not { } rotation ? seen : seen with
        {
            KeyRope = rotations.All[rotation],
            QueryRope = Selection is null ? rotations.All[rotation] : rotations.Last[rotation],
        };
    }

    /// <summary>Returns the rows of all ranks, or the given ones without other ranks: [S, width].</summary>
    internal Rows Gather(Rows rows, Workspace workspace) => StartGather(rows, workspace).Wait();

    /// <summary>As <see cref="Gather"/>, without waiting for the other ranks; the rows must stay as they are until then.</summary>
    internal GatheredRows StartGather(Rows rows, Workspace workspace)
    {
        if (Blocks is not { } blocks)
        {
            return new(rows, []);
        }
        Rows all = workspace.Rows(blocks.Count, rows.Width);
        return new(all, blocks.StartGather(rows, all));
    }

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

/// <summary>Represents rows of all ranks, some of which may be on their way.</summary>
/// <param name="All">[S, width] undefined until the transfers are complete.</param>
/// <param name="Transfers">The transfers.</param>
readonly record struct GatheredRows(Rows All, IReadOnlyList<Transfer> Transfers)
{
    /// <summary>Waits for the other ranks and returns the rows.</summary>
    internal Rows Wait()
    {
        foreach (Transfer transfer in Transfers)
        {
            transfer.Wait();
        }
        return All;
    }
}

/// <summary>Computes the attention of one layer, with keys and values that it keeps itself.</summary>
interface ILayerAttention
{
    /// <summary>Computes the attention of the last T' of T new rows.</summary>
    /// <param name="queries">[T', H·Dh] before RoPE.</param>
    /// <param name="keys">[T, Hkv·Dh] before RoPE.</param>
    /// <param name="values">[T, Hkv·Dh]</param>
    /// <param name="output">[T', H·Dh] overwritten.</param>
    /// <param name="scratch">Memory for the duration of the call.</param>
    void Attend(Rows queries, Rows keys, Rows values, Rows output, Workspace scratch);
}

/// <summary>Represents the model's rotations of the rows of a pass.</summary>
/// <param name="All">For the T rows of the pass.</param>
/// <param name="Last">For the T' rows that the last block computes.</param>
readonly record struct PassRotations(RopeTable[] All, RopeTable[] Last)
{
    /// <summary>Computes the rotations.</summary>
    /// <param name="rotaries">Rotations of the model.</param>
    /// <param name="positions">[T] position ids.</param>
    /// <param name="lengths">[T] length of the sequence of each row.</param>
    /// <param name="last">Rows that the last block computes.</param>
    /// <param name="w">Memory of the tables.</param>
    internal static PassRotations Of(
        IReadOnlyList<Rotary> rotaries, IReadOnlyList<int> positions, IReadOnlyList<int> lengths, RowSelection last, Workspace w)
    {
        RopeTable[] all = new RopeTable[rotaries.Count], selected = new RopeTable[rotaries.Count];
        for (int i = 0; i < all.Length; i++)
        {
            int pairs = rotaries[i].Pairs;
            all[i] = new(w.Rows(positions.Count, pairs), w.Rows(positions.Count, pairs));
            rotaries[i].Fill(all[i], positions, lengths);
            selected[i] = new(last.Gather(all[i].Cos, w), last.Gather(all[i].Sin, w));
        }
        return new(all, selected);
    }
}

/// <summary>Receives the token that each head of a layer attends to most from one row.</summary>
/// <param name="number">Index of the sequence in the batch, or of the prompt or request where those are decoded.</param>
/// <param name="layer">Index of the layer, from 0.</param>
/// <param name="peaks">[H] index in the sequence of the token that each head attends to most, the first
/// of equals; valid during the call only.</param>
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
