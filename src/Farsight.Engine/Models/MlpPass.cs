using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents the second half of a block, x + Down(SwiGLU(Norm(x))), computed in blocks of rows.</summary>
/// <remarks>
/// The blocks do not depend on what is kept, so neither does the result. If gate and up are not kept, no array of
/// tokens × intermediate size exists: they live for one block of rows, in forward and again in backward.
/// </remarks>
sealed class MlpPass
{
    /// <summary>Rows per block; the last has up to twice as many. A multiple of the depth blocks of the products.</summary>
    internal const int BlockRows = 1024;

    readonly Block _block;
    readonly Rows _x;                     // [T', D]
    readonly Halves? _kept;

    /// <summary>Prepares a pass.</summary>
    /// <param name="block">Layers of the block.</param>
    /// <param name="x">[T', D]; backward needs the same bits.</param>
    /// <param name="kept">Memory of gate and up; null to compute them again in backward.</param>
    internal MlpPass(Block block, Rows x, Workspace? kept)
    {
        (_block, _x) = (block, x);
        _kept = kept is null ? null : Halves.Take(block, x.Count, kept);
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
        (LinearPass gate, LinearPass up, Rows lowRank) = Of(first, count, w);
        Rows normed = _block.MlpNorm.Forward(x, w).Output;
        gate.Forward(normed);
        up.Forward(normed);
        Rows hidden = _kept is null ? gate.Output : w.Rows(count, gate.Output.Width);
        RowKernels.SwiGluForward(gate.Output, up.Output, hidden);
        _block.Down.Forward(hidden, y, lowRank);
        RowKernels.Add(x, y, y);
    });

    /// <summary>Adds to the gradients of trainable parameters and turns the gradient by the result into that by the input.</summary>
    /// <param name="d">[T', D] ∂loss/∂result on entry, ∂loss/∂x on return.</param>
    /// <param name="w">Memory for the duration of the call.</param>
    internal void Backward(Rows d, Workspace w) => ForBlocks(w, (first, count) =>
    {
        Rows x = _x.Slice(first, count), dY = d.Slice(first, count);
        (LinearPass gate, LinearPass up, Rows lowRank) = Of(first, count, w);
        NormPass norm = _block.MlpNorm.Forward(x, w);
        if (_kept is null)
        {
            gate.Forward(norm.Output);
            up.Forward(norm.Output);
        }
        Rows dHidden = w.Rows(count, _block.Down.Inputs);
        Rows dGate = w.Rows(count, dHidden.Width), dUp = w.ZeroRows(count, dHidden.Width);
        if (_block.Down.NeedsInput)
        {
            RowKernels.SwiGluForward(gate.Output, up.Output, dGate); // its place is free until its own turn
            if (_kept is null)
            {
                _block.Down.LowRank(dGate, lowRank);
            }
        }
        _block.Down.Backward(dGate, lowRank, dY, dHidden, add: false, w);
        dGate.Clear();
        RowKernels.SwiGluBackward(dHidden, gate.Output, up.Output, dGate, dUp);
        Rows dNormed = w.Rows(count, x.Width);
        up.Backward(norm.Output, dUp, dNormed, add: false, w);
        gate.Backward(norm.Output, dGate, dNormed, add: true, w);
        norm.Backward(dNormed, dY); // the residual's gradient is already there
    });

    Halves Of(int first, int count, Workspace w) => _kept?.Slice(first, count) ?? Halves.Take(_block, count, w);

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

    /// <summary>Gate and up, and the low-rank part of down.</summary>
    readonly record struct Halves(LinearPass Gate, LinearPass Up, Rows DownLowRank)
    {
        internal static Halves Take(Block block, int rows, Workspace w) =>
            new(LinearPass.Take(block.Gate, rows, w), LinearPass.Take(block.Up, rows, w), w.Rows(rows, block.Down.Lora?.Rank ?? 0));

        internal Halves Slice(int first, int count) =>
            new(Gate.Slice(first, count), Up.Slice(first, count), DownLowRank.Slice(first, count));
    }
}
