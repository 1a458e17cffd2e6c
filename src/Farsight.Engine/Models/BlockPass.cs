using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>One forward of a block with as much kept for its backward as the level of recomputation says.</summary>
/// <remarks>T rows go in; T' rows come out: all of them, or those of the context's selection.</remarks>
sealed class BlockPass
{
    readonly Block _block;
    readonly BlockContext _context;
    readonly Workspace _scratch;
    readonly int _width;
    readonly Rows _input;              // [T, D], or its BF16 bits
    readonly bool _isRounded;
    readonly AttentionPass? _attention;
    readonly MlpPass? _mlp;

    /// <summary>Runs the block forward.</summary>
    /// <param name="block">The layers.</param>
    /// <param name="x">[T, D]; unless it is kept rounded it must stay unchanged until backward.</param>
    /// <param name="context">Positions and visibility of the rows.</param>
    /// <param name="level">What is kept.</param>
    /// <param name="result">[T', D] overwritten; may be <paramref name="x"/> where that is kept rounded and no rows are selected.</param>
    /// <param name="kept">Where that is put which backward needs.</param>
    /// <param name="scratch">For what lives as long as a call; also that of backward.</param>
    internal BlockPass(Block block, Rows x, BlockContext context, Recomputation level, Rows result, Workspace kept, Workspace scratch)
    {
        (_block, _context, _scratch, _width, _input) = (block, context, scratch, x.Width, x);
        if (level is Recomputation.Layer or Recomputation.RoundedLayer)
        {
            _isRounded = level == Recomputation.RoundedLayer;
            if (_isRounded)
            {
                _input = kept.Rows(x.Count, (x.Width + 1) / 2);
                RowKernels.ToBFloat16(x, _input);
            }
            Evaluate(block, x, context, null, result, scratch);
            return;
        }
        _attention = new(block, x, context, null, kept, scratch);
        _mlp = new(block, _attention.Result, level == Recomputation.None ? kept : null);
        _mlp.Forward(result, scratch);
    }

    /// <summary>Runs a block forward and keeps nothing.</summary>
    /// <param name="block">The layers.</param>
    /// <param name="x">[T, D]</param>
    /// <param name="context">Positions and visibility of the rows.</param>
    /// <param name="cache">Where keys and values of earlier rows are and these are put; null outside decoding.</param>
    /// <param name="result">[T', D] overwritten; may be <paramref name="x"/> where no rows are selected.</param>
    /// <param name="scratch">For what lives as long as the call.</param>
    internal static void Evaluate(Block block, Rows x, BlockContext context, LayerCache? cache, Rows result, Workspace scratch)
    {
        Workspace.Mark mark = scratch.Here();
        AttentionPass attention = new(block, x, context, cache, scratch, scratch);
        new MlpPass(block, attention.Result, kept: null).Forward(result, scratch);
        scratch.Release(mark);
    }

    /// <summary>Adds to the gradients of what is trained and gives the gradient by the block's input.</summary>
    /// <param name="dResult">[T', D]; overwritten.</param>
    /// <param name="dX">[T, D] overwritten; may be <paramref name="dResult"/> where no rows are selected.</param>
    internal void Backward(Rows dResult, Rows dX)
    {
        Workspace.Mark mark = _scratch.Here();
        AttentionPass attention = _attention ?? new(_block, Input(), _context, null, _scratch, _scratch);
        MlpPass mlp = _mlp ?? new(_block, attention.Result, kept: null);
        mlp.Backward(dResult, _scratch);
        attention.Backward(dResult, dX, _scratch);
        _scratch.Release(mark);
    }

    Rows Input()
    {
        if (!_isRounded)
        {
            return _input;
        }
        Rows x = _scratch.Rows(_input.Count, _width);
        RowKernels.FromBFloat16(_input, x);
        return x;
    }
}
