using Farsight.Engine.Lora;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents the exact memory of a forward and backward pass, computed before the pass.</summary>
/// <remarks>Mirrors every allocation of <see cref="TreePass"/>, <see cref="BlockPass"/>, <see cref="AttentionPass"/> and
/// <see cref="MlpPass"/>; a test compares the two.</remarks>
/// <param name="Kept">Floats that live from forward to backward.</param>
/// <param name="Scratch">Maximum floats that live inside a layer.</param>
readonly record struct ActivationPlan(long Kept, long Scratch)
{
    /// <summary>Total bytes.</summary>
    public long Bytes => (Kept + Scratch) * sizeof(float);

    /// <summary>Plans a pass.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="size">Size of the tree, or an upper bound.</param>
    /// <param name="lora">Options of the adapter; null without one.</param>
    /// <param name="level">What the pass keeps; null for an evaluation without backward.</param>
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

    /// <summary>Memory of one block with t output rows; its input rows are the tree's.</summary>
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

        /// <summary>Rows that <see cref="AttentionPass"/> keeps for its backward.</summary>
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

/// <summary>Represents the sizes of a <see cref="TokenTree"/> that determine the memory of a pass over it.</summary>
/// <param name="Rows">T: rows of the tree.</param>
/// <param name="LastRows">T': rows that the last layer computes.</param>
/// <param name="Scored">N: scored tokens.</param>
public readonly record struct TreeSize(int Rows, int LastRows, int Scored)
{
    /// <summary>Returns the size of a tree.</summary>
    public static TreeSize Of(TokenTree tree) => new(tree.Count, Models.LastRows.Of(tree).Selection.Count, tree.Scored.Count);

    /// <summary>Returns the maximum of both sizes, extent by extent.</summary>
    public TreeSize Or(TreeSize other) =>
        new(Math.Max(Rows, other.Rows), Math.Max(LastRows, other.LastRows), Math.Max(Scored, other.Scored));
}

/// <summary>Defines what a forward pass keeps for its backward, from the fastest level to the one with the least memory.</summary>
/// <remarks>No level keeps values that are cheap to compute again, such as normed inputs and the product of the activation.</remarks>
public enum Recomputation
{
    /// <summary>Every product is computed once.</summary>
    None,

    /// <summary>Gate and up are computed again, in blocks of rows: no array of tokens × intermediate size exists. Same bits.</summary>
    Mlp,

    /// <summary>Each layer's input is kept and the layer computed again. Same bits.</summary>
    Layer,

    /// <summary>
    /// As <see cref="Layer"/>, with the inputs rounded to BF16: log-probabilities keep their bits, gradients are those at the rounded
    /// inputs.
    /// </summary>
    RoundedLayer,
}
