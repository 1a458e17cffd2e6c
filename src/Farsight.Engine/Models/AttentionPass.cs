using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>The first half of a block, x + O(Attention(Norm(x))), forward and with what its backward needs.</summary>
/// <remarks>
/// T rows go in; T' rows come out: all of them, or those of the context's selection. Kept are the projections, the
/// attention's output and the sum; what a pass over the rows makes again from them is not: the normed input and, where heads
/// are normed, the normed heads.
/// </remarks>
sealed class AttentionPass
{
    readonly Block _block;
    readonly BlockContext _context;
    readonly Rows _x;                    // [T, D]
    readonly LinearPass _query;          // [T', H·Dh], rotated unless heads are normed
    readonly LinearPass _key, _value;    // [T, Hkv·Dh], keys as queries
    readonly Rows _attended, _logSumExp; // [T', H·Dh], [T', H]
    readonly LinearPass _output;         // [T', D]: the result

    /// <summary>Runs forward.</summary>
    /// <param name="block">The layers.</param>
    /// <param name="x">[T, D]; must be there, with the same bits, when backward is called.</param>
    /// <param name="context">Positions and visibility of the rows.</param>
    /// <param name="cache">Where keys and values of earlier rows are and these are put; null outside decoding.</param>
    /// <param name="kept">Where that is put which backward needs, and the result.</param>
    /// <param name="scratch">For what lives as long as the call; may be the same.</param>
    internal AttentionPass(Block block, Rows x, BlockContext context, LayerCache? cache, Workspace kept, Workspace scratch)
    {
        (_block, _context, _x) = (block, context, x);
        int rows = context.Selection?.Count ?? x.Count;
        _query = LinearPass.Take(block.Query, rows, kept);
        _key = LinearPass.Take(block.Key, x.Count, kept);
        _value = LinearPass.Take(block.Value, x.Count, kept);
        _attended = kept.Rows(rows, block.Output.Inputs);
        _logSumExp = kept.Rows(rows, context.Shape.Heads);
        _output = LinearPass.Take(block.Output, rows, kept);
        Workspace.Mark mark = scratch.Here();

        Rows normed = block.AttentionNorm.Forward(x, scratch).Output;
        _query.Forward(context.Select(normed, scratch));
        _key.Forward(normed);
        _value.Forward(normed);
        Rows queries = NormHeads(block.QueryNorm, _query, scratch)?.Output ?? _query.Output;
        Rows keys = NormHeads(block.KeyNorm, _key, scratch)?.Output ?? _key.Output;
        RowKernels.Rotate(queries, context.QueryRope);
        RowKernels.Rotate(keys, context.KeyRope);
        (Rows seenKeys, Rows seenValues) = cache?.Append(keys, _value.Output) ?? (keys, _value.Output);
        if (cache is not null && context.Spans.All(s => s.QueryCount == 1))
        {
            TreeAttention.Decode(queries, seenKeys, seenValues, context.Shape, context.Spans, _attended);
        }
        else
        {
            TreeAttention.Forward(queries, seenKeys, seenValues, context.Shape, context.Spans, _attended, _logSumExp);
        }
        context.Watch?.Look(queries, seenKeys, context);
        block.Mask(_attended, context.Shape);
        _output.Forward(_attended);
        RowKernels.Add(context.Select(x, scratch), Result, Result);
        scratch.Release(mark);
    }

    /// <summary>[T', D]</summary>
    internal Rows Result => _output.Output;

    /// <summary>Adds to the gradients of what is trained and gives the gradient by the input.</summary>
    /// <param name="dResult">[T', D]</param>
    /// <param name="dX">[T, D] overwritten; may be <paramref name="dResult"/> where no rows are selected.</param>
    /// <param name="w">For what lives as long as the call.</param>
    internal void Backward(Rows dResult, Rows dX, Workspace w)
    {
        Workspace.Mark mark = w.Here();
        Rows dQueries = w.ZeroRows(dResult.Count, _attended.Width);
        Rows dKeys = w.ZeroRows(_x.Count, _key.Output.Width), dValues = w.ZeroRows(_x.Count, _value.Output.Width);
        ThroughAttention(dResult, dQueries, dKeys, dValues, w);

        Rows dNormed = w.Rows(_x.Count, _x.Width);
        NormPass norm = _block.AttentionNorm.Forward(_x, w);
        Rows queryInput = _context.Select(norm.Output, w);
        Rows dQueryInput = _context.Selection is null ? dNormed : w.Rows(queryInput.Count, queryInput.Width);
        _query.Backward(queryInput, dQueries, dQueryInput, add: false, w);
        _context.Unselect(dQueryInput, dNormed);
        _value.Backward(norm.Output, dValues, dNormed, add: true, w);
        _key.Backward(norm.Output, dKeys, dNormed, add: true, w);
        _context.Unselect(dResult, dX);
        norm.Backward(dNormed, dX); // the residual's gradient is already there
        w.Release(mark);
    }

    /// <summary>From the result's gradient to those of the projections.</summary>
    void ThroughAttention(Rows dResult, Rows dQueries, Rows dKeys, Rows dValues, Workspace w)
    {
        Workspace.Mark mark = w.Here();
        Rows dAttended = w.Rows(dResult.Count, _attended.Width);
        _output.Backward(_attended, dResult, dAttended, add: false, w);
        _block.Mask(dAttended, _context.Shape);
        NormPass? queryNorm = NormHeads(_block.QueryNorm, _query, w), keyNorm = NormHeads(_block.KeyNorm, _key, w);
        Rows queries = Rotated(queryNorm, _query, _context.QueryRope), keys = Rotated(keyNorm, _key, _context.KeyRope);
        TreeAttention.Backward(
            dAttended, queries, keys, _value.Output, _attended, _logSumExp, _context.Shape, _context.Spans, dQueries, dKeys, dValues);
        RowKernels.RotateBack(dKeys, _context.KeyRope);
        RowKernels.RotateBack(dQueries, _context.QueryRope);
        BackThrough(keyNorm, dKeys, w);
        BackThrough(queryNorm, dQueries, w);
        w.Release(mark);
    }

    static NormPass? NormHeads(Norm? norm, LinearPass projected, Workspace workspace) => norm?.Forward(projected.Output, workspace);

    /// <summary>Normed heads are rotated anew, projections were rotated in place by forward.</summary>
    static Rows Rotated(NormPass? norm, LinearPass projected, RopeTable rope)
    {
        if (norm is not { } pass)
        {
            return projected.Output;
        }
        RowKernels.Rotate(pass.Output, rope);
        return pass.Output;
    }

    /// <summary>From the gradient by the normed heads to that by the projection, in place.</summary>
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
