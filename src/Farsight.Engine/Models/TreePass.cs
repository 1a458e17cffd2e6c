using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>One forward over a token tree: log-probabilities of its scored tokens, and the way back.</summary>
public sealed class TreePass : IDisposable
{
    readonly LlamaModel _model;
    readonly TokenTree _tree;
    readonly AttentionPattern? _attention;
    readonly PassMemory _memory;
    readonly List<BlockPass> _blocks = [];
    readonly LastRows _lastRows;
    readonly int[] _scoredRows;    // [N] row of the last block's result that predicts each scored token
    readonly int[] _targets;       // [N]
    readonly Rows _last;           // [T', D] the last block's result
    readonly NormPass _finalNorm;  // [N, D]
    readonly float[] _logSumExp;   // [N]

    /// <param name="model">The model.</param>
    /// <param name="tree">At least one of its tokens must be scored.</param>
    /// <param name="level">What is kept for backward; null keeps nothing, and there is no backward.</param>
    /// <param name="attention">Which keys each head looks at; null for all that the tree shows it.</param>
    internal TreePass(LlamaModel model, TokenTree tree, Recomputation? level, AttentionPattern? attention)
    {
        if (tree.Scored.Count == 0)
        {
            throw new ArgumentException("The tree has no scored tokens, so nothing would be computed.", nameof(tree));
        }
        (_model, _tree, _attention, _memory) = (model, tree, attention, model.TakeMemory());
        _lastRows = LastRows.Of(tree);
        ActivationPlan plan = ActivationPlan.Of(
            model.Config,
            new(tree.Count, _lastRows.Selection.Count, tree.Scored.Count),
            model.Lora,
            level);
        _memory.Kept.Reserve(plan.Kept);
        _memory.Scratch.Reserve(plan.Scratch);
        _targets = [.. tree.Scored.Select(s => s.Target)];
        _scoredRows = [.. tree.Scored.Select(s => _lastRows.Of(s.Row))];

        Rows x = _memory.Kept.Rows(tree.Count, model.Config.HiddenSize);
        model.Embeddings.Look(tree.Tokens, x);
        _last = ThroughBlocks(x, level);

        Rows hidden = _memory.Kept.Rows(_targets.Length, x.Width);
        for (int n = 0; n < _targets.Length; n++)
        {
            _last[_scoredRows[n]].CopyTo(hidden[n]);
        }
        _finalNorm = model.FinalNorm.Forward(hidden, _memory.Kept);
        LogProbs = new float[_targets.Length];
        TopTokens = new int[_targets.Length];
        _logSumExp = new float[_targets.Length];
        TokenLogProbs.Forward(_finalNorm.Output, model.Head.Matrix, _targets, LogProbs, _logSumExp, TopTokens);
    }

    /// <summary>[scored tokens] log-probability of each, in nats, in the order of <see cref="TokenTree.Scored"/>.</summary>
    public float[] LogProbs { get; }

    /// <summary>
    /// [scored tokens] the most likely token at each place; equal to the target where greedy decoding would have written it.
    /// </summary>
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

        Workspace scratch = _memory.Scratch;
        Rows dX = scratch.Rows(_tree.Count, _last.Width), dLast = scratch.ZeroRows(_last.Count, _last.Width);
        Workspace.Mark mark = scratch.Here();
        Rows dFinal = scratch.ZeroRows(_targets.Length, _last.Width),
            dHidden = scratch.ZeroRows(_targets.Length, _last.Width);
        TokenLogProbs.Backward(
            dLogProbs.ToArray(),
            _finalNorm.Output,
            _model.Head.Matrix,
            _targets,
            _logSumExp,
            dFinal,
            _model.Head.Trained?.Gradient);
        _finalNorm.Backward(dFinal, dHidden);
        for (int n = 0; n < _targets.Length; n++)
        {
            // Responses share the row that predicts their first token, so gradients add up.
            TensorPrimitives.Add(dLast[_scoredRows[n]], dHidden[n], dLast[_scoredRows[n]]);
        }
        scratch.Release(mark);

        for (int layer = _blocks.Count - 1; layer >= 0; layer--)
        {
            _blocks[layer].Backward(layer == _blocks.Count - 1 ? dLast : dX, dX);
        }
        _model.Embeddings.Backward(_tree.Tokens, dX);
        _blocks.Clear();
    }

    /// <summary>What the pass has taken so far, at most; <see cref="ActivationPlan"/> knows it beforehand.</summary>
    internal ActivationPlan Taken => new(_memory.Kept.Peak, _memory.Scratch.Peak);

    /// <summary>Gives the memory back for the next pass.</summary>
    public void Dispose() => _model.GiveBack(_memory);

    /// <summary>[T', D] the last block's result.</summary>
    Rows ThroughBlocks(Rows x, Recomputation? level)
    {
        IReadOnlyList<Block> blocks = _model.Blocks;
        (Workspace kept, Workspace scratch) = _memory;
        int pairs = _model.Rotary.Pairs;
        RopeTable rope = new(kept.Rows(x.Count, pairs), kept.Rows(x.Count, pairs));
        _model.Rotary.Fill(rope, _tree.Positions, _tree.Lengths());
        RopeTable lastRope = new(_lastRows.Selection.Gather(rope.Cos, kept), _lastRows.Selection.Gather(rope.Sin, kept));
        IReadOnlyList<AttentionSpan> Seen(IReadOnlyList<AttentionSpan> spans) => _attention?.Of(spans, _model.Shape.Heads) ?? spans;
        BlockContext inner = new(_model.Shape, rope, rope, Seen(AttentionSpan.For(_tree)), null);
        BlockContext last = new(_model.Shape, rope, lastRope, Seen(_lastRows.Spans), _lastRows.Selection);
        for (int layer = 0; layer < blocks.Count; layer++)
        {
            bool isLast = layer == blocks.Count - 1;
            BlockContext context = (isLast ? last : inner).Within(_model.Config.WindowOf(layer));
            // Where the input need not stay, the result takes its place.
            Rows result = isLast ? kept.Rows(_lastRows.Selection.Count, x.Width)
                : level is null or Recomputation.RoundedLayer ? x : kept.Rows(x.Count, x.Width);
            if (level is { } keep)
            {
                _blocks.Add(new(blocks[layer], x, context, keep, result, kept, scratch));
            }
            else
            {
                BlockPass.Evaluate(blocks[layer], x, context, null, result, scratch);
            }
            x = result;
        }
        return x;
    }
}
