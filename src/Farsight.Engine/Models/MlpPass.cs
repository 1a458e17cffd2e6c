using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents the second half of a block, x + MLP(Norm(x)), computed in blocks of rows.</summary>
/// <remarks>
/// The blocks do not depend on what is kept, so neither does the result. If the products are not kept, no array of
/// tokens × intermediate size exists: they live for one block of rows, in forward and again in backward.
/// </remarks>
sealed class MlpPass
{
    /// <summary>Rows per block; the last has up to twice as many. A multiple of the depth blocks of the products.</summary>
    internal const int BlockRows = 1024;

    readonly Block _block;
    readonly Rows _x;                     // [T', D]
    readonly MlpRows? _kept;
    readonly Rows? _result;               // [T', D] what the block's last norm reads; null without one, or if it is not kept

    /// <summary>Prepares a pass.</summary>
    /// <param name="block">Layers of the block.</param>
    /// <param name="x">[T', D]; backward needs the same bits.</param>
    /// <param name="kept">Memory of the products; null to compute them again in backward.</param>
    internal MlpPass(Block block, Rows x, Workspace? kept)
    {
        (_block, _x) = (block, x);
        if (kept is not null)
        {
            _kept = block.Mlp.Take(x.Count, kept);
            _result = block.MlpResidual.Norm is null ? null : kept.Rows(x.Count, x.Width);
        }
    }

    /// <summary>Returns the number of blocks.</summary>
    internal static int Blocks(int rows) => Math.Max(1, rows / BlockRows);

    /// <summary>Returns the rows of the largest block, which is the last.</summary>
    internal static int LargestBlock(int rows) => rows - (Blocks(rows) - 1) * BlockRows;

    /// <summary>Computes the result.</summary>
    /// <param name="result">[T', D] overwritten.</param>
    /// <param name="w">Memory for the duration of the call.</param>
    internal void Forward(Rows result, Workspace w) => ForBlocks(w, (first, count) =>
    {
        Rows x = _x.Slice(first, count), y = result.Slice(first, count);
        MlpRows rows = Of(first, count, w);
        Rows input = _block.MlpNorm?.Forward(x, w).Output ?? x;
        Rows ofMlp = _result?.Slice(first, count) ?? (_block.MlpResidual.Norm is null ? y : w.Rows(count, x.Width));
        _block.Mlp.Forward(input, rows, keeps: _kept is not null, ofMlp, w);
        _block.MlpResidual.Forward(x, ofMlp, y, w);
    });

    /// <summary>Adds to the gradients of trainable parameters and turns the gradient by the result into that by the input.</summary>
    /// <param name="d">[T', D] ∂loss/∂result on entry, ∂loss/∂x on return.</param>
    /// <param name="w">Memory for the duration of the call.</param>
    internal void Backward(Rows d, Workspace w) => ForBlocks(w, (first, count) =>
    {
        Rows x = _x.Slice(first, count), dY = d.Slice(first, count);
        MlpRows rows = Of(first, count, w);
        NormPass? norm = _block.MlpNorm?.Forward(x, w);
        Rows input = norm?.Output ?? x, ofMlp = dY;
        bool recomputes = _kept is null;
        if (_block.MlpResidual.Norm is not null)
        {
            ofMlp = _result?.Slice(first, count) ?? Again(input, rows, w);
            recomputes = false;
        }
        Rows dInput = _block.Mlp.Backward(input, rows, recomputes, _block.MlpResidual.Backward(ofMlp, dY, w), w);
        if (norm is { } pass)
        {
            pass.Backward(dInput, dY); // the residual's gradient is already there
        }
        else
        {
            RowKernels.Add(dY, dInput, dY);
        }
    });

    /// <summary>Computes the products and the result of the MLP again.</summary>
    Rows Again(Rows input, MlpRows rows, Workspace w)
    {
        Rows result = w.Rows(input.Count, input.Width);
        Workspace.Mark mark = w.Here();
        _block.Mlp.Forward(input, rows, keeps: true, result, w);
        w.Release(mark);
        return result;
    }

    MlpRows Of(int first, int count, Workspace w) => _kept?.Slice(first, count) ?? _block.Mlp.Take(count, w);

    void ForBlocks(Workspace w, Action<int, int> body)
    {
        int blocks = Blocks(_x.Count);
        for (int block = 0; block < blocks; block++)
        {
            Workspace.Mark mark = w.Here();
            body(block * BlockRows, block < blocks - 1 ? BlockRows : LargestBlock(_x.Count));
            w.Release(mark);
        }
    }
}
