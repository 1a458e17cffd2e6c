using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>One forward of a block with everything its backward needs; forward reads top to bottom, backward mirrors it.</summary>
/// <remarks>T rows go in; T' rows come out: all of them, or those of the context's selection.</remarks>
sealed class BlockPass
{
    readonly BlockContext _context;
    readonly Workspace _workspace;
    readonly Rows _keys, _values;            // [S, Hkv·Dh] what the queries see: this pass's rows, or the cache's
    readonly NormPass _attentionNorm;        // [T, D]
    readonly LinearPass _query;              // [T', H·Dh]
    readonly LinearPass _key, _value;        // [T, Hkv·Dh]
    readonly NormPass? _queryNorm, _keyNorm; // per head, for Qwen3
    readonly Rows _queries;                  // [T', H·Dh] after norm and RoPE
    readonly Rows _attended, _logSumExp;     // [T', H·Dh], [T', H]
    readonly LinearPass _output;             // [T', D]
    readonly NormPass _mlpNorm;              // [T', D]
    readonly LinearPass _gate, _up;          // [T', F]
    readonly LinearPass _down;               // [T', D]

    /// <summary>Runs the block forward.</summary>
    /// <param name="block">The layers.</param>
    /// <param name="x">[T, D]; must stay unchanged until backward.</param>
    /// <param name="context">Positions and visibility of the rows.</param>
    /// <param name="cache">Where keys and values of earlier rows are and these are put; null outside decoding.</param>
    /// <param name="workspace">Where everything is put.</param>
    internal BlockPass(Block block, Rows x, BlockContext context, LayerCache? cache, Workspace workspace)
    {
        _context = context;
        _workspace = workspace;

        _attentionNorm = block.AttentionNorm.Forward(x, workspace);
        Rows normed = _attentionNorm.Output;
        _query = block.Query.Forward(context.Select(normed, workspace), workspace);
        _key = block.Key.Forward(normed, workspace);
        _value = block.Value.Forward(normed, workspace);
        _queryNorm = block.QueryNorm?.Forward(_query.Output, workspace);
        _keyNorm = block.KeyNorm?.Forward(_key.Output, workspace);
        _queries = _queryNorm?.Output ?? _query.Output;
        Rows keys = _keyNorm?.Output ?? _key.Output;
        RowKernels.Rotate(_queries, context.QueryRope);
        RowKernels.Rotate(keys, context.KeyRope);
        (_keys, _values) = cache is null ? (keys, _value.Output) : cache.Append(keys, _value.Output);

        _attended = workspace.Rows(_queries.Count, _queries.Width);
        _logSumExp = workspace.Rows(_queries.Count, context.Shape.Heads);
        TreeAttention.Forward(_queries, _keys, _values, context.Shape, context.Spans, _attended, _logSumExp);
        _output = block.Output.Forward(_attended, workspace);
        Rows afterAttention = workspace.Rows(_queries.Count, x.Width);
        RowKernels.Add(context.Select(x, workspace), _output.Output, afterAttention);

        _mlpNorm = block.MlpNorm.Forward(afterAttention, workspace);
        _gate = block.Gate.Forward(_mlpNorm.Output, workspace);
        _up = block.Up.Forward(_mlpNorm.Output, workspace);
        Rows hidden = workspace.Rows(_queries.Count, block.Down.Inputs);
        RowKernels.SwiGluForward(_gate.Output, _up.Output, hidden);
        _down = block.Down.Forward(hidden, workspace);
        Result = workspace.Rows(_queries.Count, x.Width);
        RowKernels.Add(afterAttention, _down.Output, Result);
    }

    /// <summary>[T', D]</summary>
    internal Rows Result { get; }

    /// <summary>Adds to the gradients of what is trained and returns the gradient by the block's input.</summary>
    /// <param name="dResult">[T', D]; overwritten.</param>
    /// <returns>[T, D]</returns>
    internal Rows Backward(Rows dResult)
    {
        Workspace w = _workspace;
        int rows = dResult.Count, total = _key.Input.Count;

        Rows dHidden = w.Rows(rows, _down.Input.Width);
        _down.Backward(dResult, dHidden, add: false, w);
        Rows dGate = w.ZeroRows(rows, dHidden.Width), dUp = w.ZeroRows(rows, dHidden.Width);
        RowKernels.SwiGluBackward(dHidden, _gate.Output, _up.Output, dGate, dUp);
        Rows dNormed = w.Rows(rows, dResult.Width);
        _up.Backward(dUp, dNormed, add: false, w);
        _gate.Backward(dGate, dNormed, add: true, w);
        _mlpNorm.Backward(dNormed, dResult);       // the residual's gradient is already there

        Rows dAttended = w.Rows(rows, _attended.Width);
        _output.Backward(dResult, dAttended, add: false, w);
        Rows dQueries = w.ZeroRows(rows, _attended.Width);
        Rows dKeys = w.ZeroRows(total, _keys.Width), dValues = w.ZeroRows(total, _values.Width);
        TreeAttention.Backward(
            dAttended, _queries, _keys, _values, _attended, _logSumExp, _context.Shape, _context.Spans, dQueries, dKeys, dValues);
        RowKernels.RotateBack(dKeys, _context.KeyRope);
        RowKernels.RotateBack(dQueries, _context.QueryRope);
        dKeys = BackThrough(_keyNorm, dKeys);
        dQueries = BackThrough(_queryNorm, dQueries);

        Rows dQueryInput = w.Rows(rows, dResult.Width);
        _query.Backward(dQueries, dQueryInput, add: false, w);
        Rows dAttentionNorm = _context.Unselect(dQueryInput, total, w);
        _value.Backward(dValues, dAttentionNorm, add: true, w);
        _key.Backward(dKeys, dAttentionNorm, add: true, w);
        Rows dX = _context.Unselect(dResult, total, w);
        _attentionNorm.Backward(dAttentionNorm, dX);
        return dX;
    }

    Rows BackThrough(NormPass? norm, Rows dY)
    {
        if (norm is not { } pass)
        {
            return dY;
        }
        Rows dX = _workspace.ZeroRows(dY.Count, dY.Width);
        pass.Backward(dY, dX);
        return dX;
    }
}
