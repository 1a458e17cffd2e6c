using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents a forward pass of a block that keeps as much for its backward as the level of recomputation says.</summary>
/// <remarks>T rows go in; T' rows come out: all of them, or those of the context's selection.</remarks>
sealed class BlockPass
{
    readonly Block _block;
    readonly BlockContext _context;
    readonly Workspace _scratch;
    readonly Rows _x;                  // [T, D]
    readonly Rows? _rounded;           // [T, D / 2] the BF16 bits of the input; null unless they are kept in its place
    readonly AttentionPass? _attention;
    readonly MlpPass? _mlp;

    /// <summary>Prepares a pass.</summary>
    /// <param name="block">Layers of the block.</param>
    /// <param name="x">[T, D]; backward needs the same bits unless the input is kept rounded.</param>
    /// <param name="context">Positions and visibility of the rows.</param>
    /// <param name="level">Arrays that are kept.</param>
    /// <param name="kept">Memory of what backward needs.</param>
    /// <param name="scratch">Memory for the duration of a call of forward or backward.</param>
    internal BlockPass(Block block, Rows x, BlockContext context, Recomputation level, Workspace kept, Workspace scratch)
    {
        (_block, _context, _scratch, _x) = (block, context, scratch, x);
        if (level == Recomputation.RoundedLayer)
        {
            _rounded = kept.Rows(x.Count, (x.Width + 1) / 2);
        }
        else if (level != Recomputation.Layer)
        {
            _attention = new(block, x, context, kept);
            _mlp = new(block, _attention.Result, level == Recomputation.None ? kept : null);
        }
    }

    /// <summary>Runs a block forward and keeps nothing.</summary>
    /// <param name="block">Layers of the block.</param>
    /// <param name="x">[T, D]</param>
    /// <param name="context">Positions and visibility of the rows.</param>
    /// <param name="cache">Keys and values of earlier rows, to which the new ones are appended; null outside decoding.</param>
    /// <param name="result">[T', D] overwritten; may be <paramref name="x"/> unless rows are selected.</param>
    /// <param name="scratch">Memory for the duration of the call.</param>
    internal static void Evaluate(Block block, Rows x, BlockContext context, LayerCache? cache, Rows result, Workspace scratch)
    {
        Workspace.Mark mark = scratch.Here();
        AttentionPass attention = new(block, x, context, scratch);
        attention.Forward(cache, scratch);
        new MlpPass(block, attention.Result, kept: null).Forward(result, scratch);
        scratch.Release(mark);
    }

    /// <summary>Computes the result.</summary>
    /// <param name="result">[T', D] overwritten; may be the input if that is kept rounded and no rows are selected.</param>
    internal void Forward(Rows result)
    {
        if (_rounded is { } bits)
        {
            RowKernels.ToBFloat16(_x, bits);
        }
        if (_attention is null || _mlp is null)
        {
            Evaluate(_block, _x, _context, null, result, _scratch);
            return;
        }
        _attention.Forward(null, _scratch);
        _mlp.Forward(result, _scratch);
    }

    /// <summary>Adds to the gradients of trainable parameters and computes the gradient by the block's input.</summary>
    /// <param name="dResult">[T', D]; overwritten.</param>
    /// <param name="dX">[T, D] overwritten; may be <paramref name="dResult"/> unless rows are selected.</param>
    /// <param name="stages">Called around the additions to each parameter's gradient; null for none.</param>
    internal void Backward(Rows dResult, Rows dX, IGradientStages? stages)
    {
        Workspace.Mark mark = _scratch.Here();
        AttentionPass attention = _attention ?? RecomputedAttention();
        MlpPass mlp = _mlp ?? new(_block, attention.Result, kept: null);
        stages?.Begin(_block.MlpParameters);
        mlp.Backward(dResult, _scratch);
        stages?.Finish(_block.MlpParameters);
        attention.Backward(dResult, dX, stages, _scratch);
        _scratch.Release(mark);
    }

    AttentionPass RecomputedAttention()
    {
        Rows x = _x;
        if (_rounded is { } bits)
        {
            x = _scratch.Rows(_x.Count, _x.Width);
            RowKernels.FromBFloat16(bits, x);
        }
        AttentionPass attention = new(_block, x, _context, _scratch);
        attention.Forward(null, _scratch);
        return attention;
    }
}
