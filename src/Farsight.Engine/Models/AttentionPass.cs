using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>Represents the first half of a block, x + O(Attention(Norm(x))): forward, and what its backward needs.</summary>
/// <remarks>
/// T rows go in; T' rows come out: all of them, or those of the context's selection. The pass keeps the projections, the output of
/// the attention, its projection if a norm reads it, and the sum. Backward computes the normed input and the normed heads again.
/// </remarks>
sealed class AttentionPass
{
    readonly Block _block;
    readonly BlockContext _context;
    readonly Rows _x;                    // [T, D]
    readonly LinearPass _query;          // [T', H·Dh], rotated unless heads are normed
    readonly LinearPass _key, _value;    // [T, Hkv·Dh], keys as queries
    readonly Rows _attended, _logSumExp; // [T', H·Dh], [T', H]
    readonly LinearPass _output;         // [T', D]
    readonly Rows _sum;                  // [T', D]: the result; in the place of the output unless a norm reads that

    /// <summary>Prepares a pass.</summary>
    /// <param name="block">Layers of the block.</param>
    /// <param name="x">[T, D]; backward needs the same bits.</param>
    /// <param name="context">Positions and visibility of the rows.</param>
    /// <param name="kept">Memory of the result and of what backward needs.</param>
    internal AttentionPass(Block block, Rows x, BlockContext context, Workspace kept)
    {
        (_block, _context, _x) = (block, context, x);
        int rows = context.Selection?.Count ?? x.Count;
        _query = LinearPass.Take(block.Query, rows, kept);
        _key = LinearPass.Take(block.Key, x.Count, kept);
        _value = LinearPass.Take(block.Value, x.Count, kept);
        _attended = kept.Rows(rows, block.Output.Inputs);
        _logSumExp = kept.Rows(rows, context.Shape.Heads);
        _output = LinearPass.Take(block.Output, rows, kept);
        _sum = block.AttentionResidual.Norm is null ? _output.Output : kept.Rows(rows, x.Width);
    }

    /// <summary>The result: [T', D].</summary>
    internal Rows Result => _sum;

    /// <summary>Computes the result.</summary>
    /// <param name="cache">Keys and values of earlier rows, to which the new ones are appended; null outside decoding.</param>
    /// <param name="scratch">Memory for the duration of the call; may be that of the constructor.</param>
    internal void Forward(LayerCache? cache, Workspace scratch)
    {
        Workspace.Mark mark = scratch.Here();
        Rows normed = _block.AttentionNorm?.Forward(_x, scratch).Output ?? _x;
        _key.Forward(normed);
        _value.Forward(normed);
        Rows keys = NormHeads(_block.KeyNorm, _key, scratch)?.Output ?? _key.Output;
        if (_context.Attention is { } attention)
        {
            attention.Attend(Queries(normed, scratch), keys, _value.Output, _attended, scratch);
        }
        else
        {
            AttendToSpans(normed, keys, cache, scratch);
        }
        _block.Mask(_attended, _context.Shape);
        _output.Forward(_attended);
        _block.AttentionResidual.Forward(_context.Select(_x, scratch), _output.Output, _sum, scratch);
        scratch.Release(mark);
    }

    /// <summary>Computes the queries, without their rotation.</summary>
    Rows Queries(Rows normed, Workspace scratch)
    {
        _query.Forward(_context.Select(normed, scratch));
        return NormHeads(_block.QueryNorm, _query, scratch)?.Output ?? _query.Output;
    }

    void AttendToSpans(Rows normed, Rows keys, LayerCache? cache, Workspace scratch)
    {
        Rotate(keys, _context.KeyRope);
        (GatheredRows allKeys, GatheredRows allValues) = Seen(keys, cache, scratch);
        // Computed while keys and values are on their way to the other ranks.
        Rows queries = Queries(normed, scratch);
        Rotate(queries, _context.QueryRope);
        (Rows seenKeys, Rows seenValues) = (allKeys.Wait(), allValues.Wait());
        if (cache is not null && _context.Spans.All(s => s.QueryCount == 1))
        {
            TreeAttention.Decode(queries, seenKeys, seenValues, _context.Shape, _context.Spans, _attended);
        }
        else
        {
            TreeAttention.Forward(queries, seenKeys, seenValues, _context.Shape, _context.Spans, _attended, _logSumExp);
        }
        _context.Observer?.Report(queries, seenKeys, _context);
    }

    /// <summary>Returns the keys and values that the rows see; those of other ranks may be on their way.</summary>
    (GatheredRows Keys, GatheredRows Values) Seen(Rows keys, LayerCache? cache, Workspace scratch)
    {
        if (cache is null)
        {
            return (_context.StartGather(keys, scratch), _context.StartGather(_value.Output, scratch));
        }
        (Rows allKeys, Rows allValues) = cache.Append(keys, _value.Output, _context.Spans);
        return (new(allKeys, []), new(allValues, []));
    }

    /// <summary>Adds to the gradients of trainable parameters and computes the gradient by the input.</summary>
    /// <param name="dResult">[T', D]</param>
    /// <param name="dX">[T, D] overwritten; may be <paramref name="dResult"/> where no rows are selected.</param>
    /// <param name="stages">Called around the additions to each parameter's gradient; null for none.</param>
    /// <param name="w">Memory for the duration of the call.</param>
    internal void Backward(Rows dResult, Rows dX, IGradientStages? stages, Workspace w)
    {
        Workspace.Mark mark = w.Here();
        Rows dQueries = w.ZeroRows(dResult.Count, _attended.Width);
        Rows dKeys = w.ZeroRows(_x.Count, _key.Output.Width), dValues = w.ZeroRows(_x.Count, _value.Output.Width);
        ThroughAttention(dResult, dQueries, dKeys, dValues, stages, w);

        Rows dNormed = w.Rows(_x.Count, _x.Width);
        NormPass? norm = _block.AttentionNorm?.Forward(_x, w);
        Rows input = norm?.Output ?? _x;
        Rows queryInput = _context.Select(input, w);
        Rows dQueryInput = _context.Selection is null ? dNormed : w.Rows(queryInput.Count, queryInput.Width);
        _query.Backward(queryInput, dQueries, dQueryInput, add: false, w);
        _context.Unselect(dQueryInput, dNormed);
        _value.Backward(input, dValues, dNormed, add: true, w);
        _key.Backward(input, dKeys, dNormed, add: true, w);
        _context.Unselect(dResult, dX);
        if (norm is { } pass)
        {
            pass.Backward(dNormed, dX); // the residual's gradient is already there
        }
        else
        {
            RowKernels.Add(dX, dNormed, dX);
        }
        stages?.Finish(_block.ProjectionParameters);
        w.Release(mark);
    }

    /// <summary>Computes the gradients by the projections from that by the result, and begins the stage of the projections.</summary>
    void ThroughAttention(Rows dResult, Rows dQueries, Rows dKeys, Rows dValues, IGradientStages? stages, Workspace w)
    {
        Workspace.Mark mark = w.Here();
        Rows dAttended = w.Rows(dResult.Count, _attended.Width);
        stages?.Begin(_block.OutputParameters);
        Rows dOutput = _block.AttentionResidual.Backward(_output.Output, dResult, w);
        _output.Backward(_attended, dOutput, dAttended, add: false, w);
        stages?.Finish(_block.OutputParameters);
        _block.Mask(dAttended, _context.Shape);
        NormPass? queryNorm = NormHeads(_block.QueryNorm, _query, w), keyNorm = NormHeads(_block.KeyNorm, _key, w);
        Rows queries = Rotated(queryNorm, _query, _context.QueryRope), keys = Rotated(keyNorm, _key, _context.KeyRope);
        ThroughKeys(dAttended, queries, keys, dQueries, dKeys, dValues, w);
        RotateBack(dKeys, _context.KeyRope);
        RotateBack(dQueries, _context.QueryRope);
        stages?.Begin(_block.ProjectionParameters);
        BackThrough(keyNorm, dKeys, w);
        BackThrough(queryNorm, dQueries, w);
        w.Release(mark);
    }

    /// <summary>Computes the gradients by rotated queries and keys, and by values, from that by the attention's output.</summary>
    void ThroughKeys(Rows dAttended, Rows queries, Rows keys, Rows dQueries, Rows dKeys, Rows dValues, Workspace w)
    {
        Workspace.Mark mark = w.Here();
        Rows seenKeys = _context.Gather(keys, w), seenValues = _context.Gather(_value.Output, w);
        (Rows dSeenKeys, Rows dSeenValues) = _context.Blocks is null
            ? (dKeys, dValues)
            : (w.ZeroRows(seenKeys.Count, keys.Width), w.ZeroRows(seenKeys.Count, keys.Width));
        TreeAttention.Backward(
            dAttended, queries, seenKeys, seenValues, _attended, _logSumExp, _context.Shape, _context.Spans,
            dQueries, dSeenKeys, dSeenValues);
        if (_context.Blocks is { } blocks)
        {
            Rows received = w.Rows(dKeys.Count, dKeys.Width);
            blocks.ReduceScatter(dSeenKeys, dKeys, received);
            blocks.ReduceScatter(dSeenValues, dValues, received);
        }
        w.Release(mark);
    }

    static NormPass? NormHeads(Norm? norm, LinearPass projected, Workspace workspace) => norm?.Forward(projected.Output, workspace);

    /// <summary>Returns rotated heads: rotates normed heads again; forward rotated projections in place.</summary>
    Rows Rotated(NormPass? norm, LinearPass projected, RopeTable? rope)
    {
        if (norm is not { } pass)
        {
            return projected.Output;
        }
        Rotate(pass.Output, rope);
        return pass.Output;
    }

    void Rotate(Rows heads, RopeTable? rope)
    {
        if (rope is { } table)
        {
            RowKernels.Rotate(heads, _context.Shape.HeadDim, table);
        }
    }

    void RotateBack(Rows dHeads, RopeTable? rope)
    {
        if (rope is { } table)
        {
            RowKernels.RotateBack(dHeads, _context.Shape.HeadDim, table);
        }
    }

    /// <summary>Turns the gradient by the normed heads into that by the projection, in place.</summary>
    static void BackThrough(NormPass? norm, Rows d, Workspace w)
    {
        if (norm is { } pass)
        {
            Workspace.Mark mark = w.Here();
            Rows dProjected = w.ZeroRows(d.Count, d.Width);
            pass.Backward(d, dProjected);
            d.CopyFrom(dProjected);
            w.Release(mark);
        }
    }
}
