using Farsight.Engine.Lora;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>The memory of a forward and backward pass, computed before it: exactly what the pass takes.</summary>
/// <remarks>Mirrors, taking by taking, <see cref="TreePass"/>, <see cref="BlockPass"/>, <see cref="AttentionPass"/> and
/// <see cref="MlpPass"/>; a test holds it against them.</remarks>
/// <param name="Kept">Floats that live from forward to backward.</param>
/// <param name="Scratch">Floats that live inside a layer, at most.</param>
public readonly record struct ActivationPlan(long Kept, long Scratch)
{
    /// <summary>Bytes of both.</summary>
    public long Bytes => (Kept + Scratch) * sizeof(float);

    /// <summary>Plans a pass.</summary>
    /// <param name="config">The model.</param>
    /// <param name="size">The tree, or one that is larger in everything.</param>
    /// <param name="lora">The adapter; null for none, as where every weight is trained.</param>
    /// <param name="level">What is kept; null plans an evaluation.</param>
    public static ActivationPlan Of(ModelConfig config, TreeSize size, LoraOptions? lora, Recomputation? level)
    {
        Shapes shapes = new(config, lora, size.Rows, level);
        long ends = Shapes.Take(size.Rows, config.HiddenSize)
            + 2 * Shapes.Take(size.Rows, config.HeadDim / 2) + 2 * Shapes.Take(size.LastRows, config.HeadDim / 2)
            + Shapes.Take(size.LastRows, config.HiddenSize)
            + 2 * Shapes.Take(size.Scored, config.HiddenSize) + Shapes.Take(size.Scored, 1);
        int inner = config.NumHiddenLayers - 1;
        long kept = ends + inner * shapes.KeptByBlock(size.Rows, isLast: false) + shapes.KeptByBlock(size.LastRows, isLast: true);
        long scratch = Math.Max(shapes.Forward(size.LastRows, selects: true), inner > 0 ? shapes.Forward(size.Rows, selects: false) : 0);
        if (level is not null)
        {
            long backward = Math.Max(
                shapes.Backward(size.LastRows, selects: true),
                inner > 0 ? shapes.Backward(size.Rows, selects: false) : 0);
            long head = 2 * Shapes.Take(size.Scored, config.HiddenSize);
            scratch = Math.Max(
                scratch,
                Shapes.Take(size.Rows, config.HiddenSize) + Shapes.Take(size.LastRows, config.HiddenSize) + Math.Max(head, backward));
        }
        return new(kept, scratch);
    }

    /// <summary>The rows that one block takes; t are the rows that go out, those that come in are the tree's.</summary>
    sealed class Shapes(ModelConfig c, LoraOptions? lora, int total, Recomputation? level)
    {
        readonly int _d = c.HiddenSize, _f = c.IntermediateSize;
        readonly int _queries = c.NumAttentionHeads * c.HeadDim, _keys = c.NumKeyValueHeads * c.HeadDim;
        readonly bool _keepsAttention = level is Recomputation.None or Recomputation.Mlp, _keepsMlp = level is Recomputation.None;

        internal static long Take(int count, int width) => Workspace.Floats(count, width);

        internal long KeptByBlock(int t, bool isLast) =>
            (!isLast && level is not (null or Recomputation.RoundedLayer) ? Take(total, _d) : 0)
            + (level == Recomputation.RoundedLayer ? Take(total, (_d + 1) / 2) : 0)
            + (_keepsAttention ? Attention(t) : 0)
            + (_keepsMlp ? Halves(t) : 0);

        internal long Forward(int t, bool selects) =>
            (_keepsAttention ? 0 : Attention(t)) + Math.Max(AttentionForward(t, selects), MlpForward(MlpPass.LargestBlock(t)));

        internal long Backward(int t, bool selects)
        {
            long attention = _keepsAttention ? 0 : Attention(t) + (level == Recomputation.RoundedLayer ? Take(total, _d) : 0);
            return attention + Math.Max(
                _keepsAttention ? 0 : AttentionForward(t, selects),
                Math.Max(MlpBackward(MlpPass.LargestBlock(t)), AttentionBackward(t, selects)));
        }

        /// <summary>What <see cref="AttentionPass"/> leaves for its backward.</summary>
        long Attention(int t) =>
            Take(t, _queries) + LowRank("q_proj", t) + 2 * Take(total, _keys) + LowRank("k_proj", total) + LowRank("v_proj", total)
            + Take(t, _queries) + Take(t, c.NumAttentionHeads) + Take(t, _d) + LowRank("o_proj", t);

        long AttentionForward(int t, bool selects) => Norm(total) + HeadNorms(t) + (selects ? 2 * Take(t, _d) : 0);

        long AttentionBackward(int t, bool selects)
        {
            long inner = Take(t, _queries) + Math.Max(
                LowRank("o_proj", t), c.QueryKeyNorm ? HeadNorms(t) + Math.Max(Take(t, _queries), Take(total, _keys)) : 0);
            long outer = Take(total, _d) + Norm(total) + (selects ? 2 * Take(t, _d) : 0)
                + Math.Max(LowRank("q_proj", t), Math.Max(LowRank("k_proj", total), LowRank("v_proj", total)));
            return Take(t, _queries) + 2 * Take(total, _keys) + Math.Max(inner, outer);
        }

        /// <summary>Gate, up, and the low-rank parts of all three products.</summary>
        long Halves(int b) => 2 * Take(b, _f) + LowRank("gate_proj", b) + LowRank("up_proj", b) + LowRank("down_proj", b);

        long MlpForward(int b) => Norm(b) + (_keepsMlp ? Take(b, _f) : Halves(b));

        long MlpBackward(int b) => (_keepsMlp ? 0 : Halves(b)) + Norm(b) + 3 * Take(b, _f) + Math.Max(
            LowRank("down_proj", b), Take(b, _d) + Math.Max(LowRank("gate_proj", b), LowRank("up_proj", b)));

        long Norm(int rows) => Take(rows, _d) + Take(rows, 1);

        long HeadNorms(int t) => !c.QueryKeyNorm ? 0
            : Take(t, _queries) + Take(t, c.NumAttentionHeads) + Take(total, _keys) + Take(total, c.NumKeyValueHeads);

        long LowRank(string target, int rows) => lora?.Targets.Contains(target) == true ? Take(rows, lora.Rank) : 0;
    }
}
