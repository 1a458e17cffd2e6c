using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>One forward over a token tree: log-probabilities of its scored tokens, and the way back.</summary>
public sealed class TreePass : IDisposable
{
    readonly LlamaModel _model;
    readonly TokenTree _tree;
    readonly Workspace _workspace;
    readonly List<BlockPass> _blocks = [];
    readonly LastRows _lastRows;
    readonly int[] _scoredRows;    // [N] row of the last block's result that predicts each scored token
    readonly int[] _targets;       // [N]
    readonly Rows _last;           // [T', D] the last block's result
    readonly NormPass _finalNorm;  // [N, D]
    readonly float[] _logSumExp;   // [N]

    internal TreePass(LlamaModel model, TokenTree tree, bool keepForBackward)
    {
        if (tree.Scored.Count == 0)
        {
            throw new ArgumentException("The tree has no scored tokens, so nothing would be computed.", nameof(tree));
        }
        (_model, _tree, _workspace) = (model, tree, model.TakeWorkspace());
        _lastRows = LastRows.Of(tree);
        _targets = [.. tree.Scored.Select(s => s.Target)];
        _scoredRows = [.. tree.Scored.Select(s => _lastRows.Of(s.Row))];

        Rows x = _workspace.Rows(tree.Count, model.Config.HiddenSize);
        model.Embeddings.Look(tree.Tokens, x);
        _last = ThroughBlocks(x, keepForBackward);

        Rows hidden = _workspace.Rows(_targets.Length, x.Width);
        for (int n = 0; n < _targets.Length; n++)
        {
            _last[_scoredRows[n]].CopyTo(hidden[n]);
        }
        _finalNorm = model.FinalNorm.Forward(hidden, _workspace);
        LogProbs = new float[_targets.Length];
        TopTokens = new int[_targets.Length];
        _logSumExp = new float[_targets.Length];
        TokenLogProbs.Forward(_finalNorm.Output, model.Head.Matrix, _targets, LogProbs, _logSumExp, TopTokens);
    }

    /// <summary>[scored tokens] log-probability of each, in nats, in the order of <see cref="TokenTree.Scored"/>.</summary>
    public float[] LogProbs { get; }

    /// <summary>[scored tokens] the most likely token at each place; equal to the target where greedy decoding would have written it.</summary>
    public int[] TopTokens { get; }

    /// <summary>Computes the scores before the softmax at the place of one scored token.</summary>
    /// <param name="scored">Index in <see cref="TokenTree.Scored"/>.</param>
    /// <param name="logits">[1, V] overwritten.</param>
    public void Logits(int scored, Rows logits) =>
        Gemm.MultiplyTransposed(_finalNorm.Output.Slice(scored, 1), _model.Head.Matrix, 0, logits.Width, logits, add: false);

    /// <summary>Adds ∂loss/∂parameter to the gradient of every trainable parameter.</summary>
    /// <param name="dLogProbs">[scored tokens] ∂loss/∂log-probability.</param>
    /// <exception cref="InvalidOperationException">The pass was made without keeping what backward needs, or was used already.</exception>
    public void Backward(ReadOnlySpan<float> dLogProbs)
    {
        if (_blocks.Count == 0)
        {
            throw new InvalidOperationException("This pass cannot go backward: it kept nothing, or has been backward already.");
        }

        Rows dFinal = _workspace.ZeroRows(_targets.Length, _last.Width), dHidden = _workspace.ZeroRows(_targets.Length, _last.Width);
        TokenLogProbs.Backward(dLogProbs.ToArray(), _finalNorm.Output, _model.Head.Matrix, _targets, _logSumExp, dFinal, _model.Head.Trained?.Gradient);
        _finalNorm.Backward(dFinal, dHidden);
        Rows dX = _workspace.ZeroRows(_last.Count, _last.Width);
        for (int n = 0; n < _targets.Length; n++)
        {
            // Responses share the row that predicts their first token, so gradients add up.
            TensorPrimitives.Add(dX[_scoredRows[n]], dHidden[n], dX[_scoredRows[n]]);
        }

        Rows carried = _workspace.Rows(_tree.Count, _last.Width);
        Workspace.Mark free = _workspace.Here();
        for (int layer = _blocks.Count - 1; layer >= 0; layer--)
        {
            carried.CopyFrom(_blocks[layer].Backward(dX));
            _workspace.Release(free);
            dX = carried;
        }
        _model.Embeddings.Backward(_tree.Tokens, dX);
        _blocks.Clear();
    }

    /// <summary>Gives the memory back for the next pass.</summary>
    public void Dispose() => _model.GiveBack(_workspace);

    Rows ThroughBlocks(Rows x, bool keep)
    {
        IReadOnlyList<Block> blocks = _model.Blocks;
        RopeTable rope = _model.Rotary.Table(_tree.Positions, _tree.Lengths());
        RopeTable lastRope = new(_lastRows.Selection.Gather(rope.Cos, _workspace), _lastRows.Selection.Gather(rope.Sin, _workspace));
        BlockContext inner = new(_model.Shape, rope, rope, AttentionSpan.For(_tree), null);
        BlockContext last = new(_model.Shape, rope, lastRope, _lastRows.Spans, _lastRows.Selection);
        for (int layer = 0; layer < blocks.Count; layer++)
        {
            Workspace.Mark mark = _workspace.Here();
            bool isLast = layer == blocks.Count - 1;
            BlockPass pass = new(blocks[layer], x, (isLast ? last : inner).Within(_model.Config.WindowOf(layer)), null, _workspace);
            if (keep)
            {
                _blocks.Add(pass);
                x = pass.Result;
            }
            else if (isLast)
            {
                x = pass.Result;
            }
            else
            {
                x.CopyFrom(pass.Result);
                _workspace.Release(mark);
            }
        }
        return x;
    }
}
